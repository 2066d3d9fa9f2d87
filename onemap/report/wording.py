"""How the report speaks: sentences, numbers with units, titles and labels in one language."""

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from onemap.domain.catalogue import CLASSES, load_catalogue
from onemap.domain.classes import class_tables
from onemap.domain.system_names import system_title
from onemap.translation import say, translate

_KM2 = 1_000_000
_KM = 10_000
_MISSING = "–"
_MATTERS = "CJT214/matter"
_DIGITS = ((100.0, 0), (10.0, 1), (0.1, 2))  # from this size on, so many digits after the point
_LEAST = 5e-7  # below half a micrometre it is nothing
_HARDLY_ANY, _NEARLY_ALL, _ALL = 0.05, 99.95, 100.0
_GLUE = "\u00a0"  # a figure and its unit stay on one line

_LABELS_EN = {"in_hand": "in hand", "no_position": "without position", "border": "on a shared border"}


@dataclass(frozen=True)
class Wording:
    """Sentences and figures in ``language`` (``"zh"`` or ``"en"``).

    Examples
    --------
    >>> print(Wording("en").measure(312109.4), Wording("en").count(1, "gap", "gaps"))
    312,109 1 gap
    """

    language: str

    def say(self, template: str, **values: Any) -> str:
        """Return the sentence of ``template``."""
        return say(template, self.language, **values)

    def count(self, number: float, one: str, many: str) -> str:
        """Return a counted thing in words: ``1 gap``, ``26 gaps``; the translation of ``many`` has the measure word."""
        if self.language == "en":
            return f"{self.number(number)} {one if number == 1 else many}"
        return f"{self.number(number)} {self.say(many)}"

    def listed(self, parts: Iterable[str]) -> str:
        """Return parts joined as in a list."""
        *most, last = list(parts) or [""]
        if self.language == "zh":
            return "、".join([*most, last])
        return f"{', '.join(most)} and {last}" if most else last

    def clauses(self, parts: Iterable[str]) -> str:
        """Return clauses joined to a sentence."""
        return ("；" if self.language == "zh" else "; ").join(parts)

    def sentences(self, parts: Iterable[str]) -> str:
        """Return sentences one after the other."""
        return ("" if self.language == "zh" else " ").join(part for part in parts if part)

    def number(self, value: Any, digits: int = 0) -> str:
        """Return a number with thousands separators, or a dash where there is none."""
        if value is None or pd.isna(value):
            return _MISSING
        return f"{float(value):,.{digits}f}"

    def measure(self, value: Any) -> str:
        """Return a length or area with as many digits as it deserves: 312,109 · 45.3 · 0.82 · 0.0004."""
        if value is None or pd.isna(value):
            return _MISSING
        size = abs(float(value))
        if size < _LEAST:
            return "0"
        digits = next((digits for least, digits in _DIGITS if size >= least), 1 - math.floor(math.log10(size)))
        return f"{float(value):,.{digits}f}"

    def area(self, square_metres: Any) -> str:
        """Return an area with its unit, in km² from one square kilometre on."""
        if square_metres is None or pd.isna(square_metres):
            return _MISSING
        if abs(square_metres) >= _KM2:
            return f"{square_metres / _KM2:,.2f}{_GLUE}km²"
        return f"{self.measure(square_metres)}{_GLUE}m²"

    def length(self, metres: Any) -> str:
        """Return a length with its unit."""
        if metres is None or pd.isna(metres):
            return _MISSING
        if abs(metres) >= _KM:
            return f"{metres / 1000:,.1f}{_GLUE}km"
        return f"{self.measure(metres)}{_GLUE}m"

    def share(self, value: Any) -> str:
        """Return a share (0 to 1) in percent; what is not quite all is never rounded to 100 %, nor little to 0."""
        if value is None or pd.isna(value):
            return _MISSING
        percent = 100 * float(value)
        if _NEARLY_ALL <= percent < _ALL:
            return "> 99.9%"
        if 0 < percent < _HARDLY_ANY:
            return "< 0.1%"
        return f"{percent:.0f}%" if percent in {0, _ALL} else f"{percent:.1f}%"

    def system(self, crs: Any) -> str:
        """Return the name and the code of a coordinate system.

        Examples
        --------
        >>> import pyproj
        >>> Wording("zh").system(pyproj.CRS("EPSG:4548"))
        'CGCS2000 三度带高斯-克吕格投影（中央经线117°E），EPSG:4548'
        """
        return system_title(str(crs.name), ":".join(crs.to_authority() or ()), language=self.language)

    def date(self, value: Any) -> str:
        """Return a day as year-month-day, whatever holds it."""
        if value is None or value == "" or (not isinstance(value, str) and pd.isna(value)):
            return _MISSING
        if isinstance(value, dt.date):
            return value.strftime("%Y-%m-%d")
        return str(value)[:10]

    def told(self, row: Any, name: str = "reason") -> str:
        """Return a sentence of a finding's row: the published Chinese, else the translated English."""
        english = _text(row.get(name))
        if self.language == "zh":
            return _text(row.get(f"{name}_zh")) or translate(english, "zh")
        return english

    def matter(self, code: str) -> str:
        """Return code and title of a class of matters.

        Examples
        --------
        >>> Wording("zh").matter("0302"), Wording("zh").matter("x")
        ('0302 工地扬尘', 'x')
        """
        table = class_tables().get(_MATTERS)
        entry = None if table is None else table.get(code)
        title = entry.title if entry is not None else None if table is None else table.majors.get(code)
        return code if title is None else f"{code} {title.text(self.language)}"

    def sentence(self, english: str) -> str:
        """Return a published English sentence in the report's language."""
        return translate(english, "zh") if self.language == "zh" else english

    def layer(self, layer_id: str, titles: Any = None) -> str:
        """Return the title of a layer: the map's own, else the catalogue's, else its id."""
        column = f"title_{self.language}"
        if titles is not None and column in titles and layer_id in titles.index:
            title = _text(titles.loc[layer_id, column])
            if title:
                return title
        catalogue = load_catalogue()
        return catalogue[layer_id].title(self.language) if layer_id in catalogue else layer_id

    def layer_class(self, class_id: str) -> str:
        """Return the title of a class of layers."""
        return CLASSES[class_id].title(self.language) if class_id in CLASSES else class_id

    def heading(self, layer_id: str, field: str) -> str:
        """Return the title of a layer's column, from the catalogue."""
        for spec in load_catalogue()[layer_id].fields:
            if spec.name == field:
                return spec.title(self.language)
        return field

    def label(self, layer_id: str, field: str, value: Any) -> str:
        """Return the word for an allowed value of a column, such as 空隙 for ``gap``."""
        text = _text(value)
        for spec in load_catalogue()[layer_id].fields:
            labels: Mapping[str, str] = spec.values  # noqa: PD011 - a field's allowed values, no frame
            if spec.name == field and self.language == "zh" and text in labels:
                return labels[text]
        if self.language == "zh":
            return translate(text, "zh")
        english = _LABELS_EN.get(text, text.replace("_", " "))
        return english[:1].upper() + english[1:]


def _text(value: Any) -> str:
    """Return text, empty for None and NaN."""
    return "" if value is None or (not isinstance(value, str) and pd.isna(value)) else str(value)
