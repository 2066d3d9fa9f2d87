"""What a coordinate system is called: on the printed atlas, on QGIS's sheets and on the cards of its console alike."""

import re
from typing import Final

_ZONE: Final = re.compile(r"(.*?) ?/ ?(\d)-degree Gauss-Kruger (CM|zone) (\d+)(E?)")
_UTM: Final = re.compile(r"(.*?) ?/ ?UTM zone (\d+)([NS])")
_DEGREES: Final = {"3": "三", "6": "六"}
_DATUMS: Final = {
    "CGCS2000": "CGCS2000",
    "China Geodetic Coordinate System 2000": "CGCS2000",
    "Beijing 1954": "北京54坐标系",
    "Xian 1980": "西安80坐标系",
    "WGS 84": "WGS 84",
}


def system_title(name: str, code: str, *, language: str) -> str:
    """Return the name and the code of a coordinate system.

    Parameters
    ----------
    name
        As the registry of EPSG has it.
    code
        As ``EPSG:4548``; empty where it has none.
    language
        ``"zh"`` or ``"en"``.

    Examples
    --------
    >>> system_title("CGCS2000 / 3-degree Gauss-Kruger CM 117E", "EPSG:4548", language="zh")
    'CGCS2000 三度带高斯-克吕格投影（中央经线117°E），EPSG:4548'
    >>> system_title("NAD83 / Maryland", "EPSG:26985", language="en")
    'NAD83 / Maryland (EPSG:26985)'
    """
    if language == "zh":
        return "，".join(filter(None, (_chinese(name), code)))
    return f"{name} ({code})" if code else name


def _chinese(name: str) -> str:
    """Return the Chinese name of a system of the registry; others keep their name."""
    if zone := _ZONE.fullmatch(name):
        datum, width, kind, number, _ = zone.groups()
        middle = f"中央经线{number}°E" if kind == "CM" else f"第{number}带"
        return f"{_DATUMS.get(datum, datum)} {_DEGREES.get(width, width)}度带高斯-克吕格投影（{middle}）"
    if zone := _UTM.fullmatch(name):
        datum, number, half = zone.groups()
        return f"{_DATUMS.get(datum, datum)} UTM投影{number}{half}带"
    return _DATUMS.get(name, name)
