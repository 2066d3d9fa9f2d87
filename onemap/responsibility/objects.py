"""Objects (components) and what their own rows say of responsibility: in charge, owner, maintainer."""

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from onemap.domain.duties import OBJECT, Duty, Holder, as_text
from onemap.errors import SchemaError
from onemap.responsibility.areas import Grid

LAYER: Final = "frame_component"
_PARTS: Final = ("in_charge", "owner", "maintainer")


@dataclass(frozen=True, slots=True)
class Thing:
    """One object: its class, its place, and the duties that its own row states, each with the office that bears it."""

    grid: Grid
    class_code: str
    x: float
    y: float
    cell_code: str
    stated: tuple[tuple[Duty, Holder], ...]


class Objects:
    """Objects by code.

    Parameters
    ----------
    frame
        The layer ``frame_component``; None where there is none.
    """

    def __init__(self, frame: pd.DataFrame | None) -> None:
        self._frame = frame
        if frame is not None and "component_code" not in frame.columns:
            raise SchemaError("layer {layer} has no column {column}", layer=LAYER, column="component_code")
        codes = [] if frame is None else frame["component_code"].map(as_text).tolist()
        self._rows: dict[str, int] = {}
        for row, code in enumerate(codes):
            self._rows.setdefault(code, row)
        self._rows.pop("", None)
        self._things: dict[str, Thing] = {}

    @property
    def codes(self) -> frozenset[str]:
        """Codes of all objects."""
        return frozenset(self._rows)

    def thing(self, code: str) -> Thing:
        """Return an object.

        Raises
        ------
        SchemaError
            There is none with this code.
        """
        found = self._things.get(code)
        if found is None:
            if code not in self._rows:
                raise SchemaError("no object has the code {code}", code=repr(code))
            assert self._frame is not None
            found = self._things[code] = _thing(code, self._frame.iloc[self._rows[code]], self._frame)
        return found


def _thing(code: str, row: Any, frame: pd.DataFrame) -> Thing:
    shape = row[frame.geometry.name] if isinstance(frame, gpd.GeoDataFrame) else None
    place = None if shape is None or shape.is_empty else shape.representative_point()
    name = as_text(row.get("name"))
    grid = Grid(OBJECT, code, name, layer=LAYER)
    stated = tuple(_stated(code, part, row) for part in _PARTS if _office(row, part)[0])
    return Thing(
        grid,
        as_text(row.get("class_code")),
        float("nan") if place is None else place.x,
        float("nan") if place is None else place.y,
        as_text(row.get("cell_code")),
        stated,
    )


def _office(row: Any, part: str) -> tuple[str, str]:
    """Return name and code of the office that a row names for a part; either stands for a missing other."""
    name, code = as_text(row.get(f"{part}_name")), as_text(row.get(f"{part}_code"))
    return name or code, code or name


def _stated(code: str, part: str, row: Any) -> tuple[Duty, Holder]:
    name, office = _office(row, part)
    duty = Duty(
        duty_code=f"{LAYER}.{part}",
        agency=name,
        scope=OBJECT,
        scope_code=code,
        part=part,
        holder_code=office,
        source=LAYER,
    )
    return duty, Holder(holder_code=office, name=name, role="department", agency=name)
