"""The nine principles by which unit grids are divided, and the terms in which a division is judged by them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.errors import CrsError, SchemaError
from onemap.translation import say

from .land import in_metres

Shapes = NDArray[Any]

KEPT, BROKEN, UNKNOWN = "kept", "broken", "not_measurable"
EXEMPT: Final = ("exclusive",)
_MOST: Final = 1e12


@dataclass(frozen=True)
class Rule:
    """One principle: its number, id and titles."""

    number: int
    id: str
    title_zh: str
    title_en: str


RULES: Final = (
    Rule(1, "statutory_base", "法定基础", "Statutory base"),
    Rule(2, "territorial", "属地管理", "Territorial"),
    Rule(3, "geography", "地理布局", "Geographic layout"),
    Rule(4, "fit_size", "面积适当", "Fit size"),
    Rule(5, "as_managed", "现状管理", "As managed"),
    Rule(6, "convenient", "方便管理", "Convenient to manage"),
    Rule(7, "balanced_load", "负载均衡", "Balanced load"),
    Rule(8, "seamless", "无缝拼接", "Seamless"),
    Rule(9, "stable", "相对稳定", "Stable"),
)
"""In the order of the guide to CJ/T 213 that lists them."""


@dataclass(frozen=True)
class AuditLimits:
    """Where a principle counts as broken.

    Attributes
    ----------
    tolerance_m
        Land narrower than this that strays, gapes or overlaps is drawing, not land.
    smallest_m2, largest_m2
        Size of a cell: 10,000 m2 is aimed at in built-up land; by default a fifth to twice of it.
    exempt_kinds
        Values of the column ``kind`` that may be larger than ``largest_m2``: exclusive grids of one institution.
    cut_share
        A building or compound is cut where more than this share of it lies in a second cell.
    barrier_m
        A barrier runs along a border where it is as near as this.
    beyond_share
        A barrier cuts a cell where more than this share of its land lies beyond it.
    least_compactness
        Least of 4 pi area / perimeter squared (Polsby-Popper): 1 for a circle, 0.785 for a square, 0.2 for a strip of
        1 to 14.
    reach_m
        A cell is reachable where a road comes as near as this.
    load_spread
        A cell's load may differ from the mean by this share of it.
    survey_scale
        Denominator of the coarsest survey scale that will do.
    same_land_share
        A code that kept less of its land than this names another cell: the code was used again.
    """

    tolerance_m: float = 0.0
    smallest_m2: float = 2_000.0
    largest_m2: float = 20_000.0
    exempt_kinds: tuple[str, ...] = EXEMPT
    cut_share: float = 0.01
    barrier_m: float = 5.0
    beyond_share: float = 0.1
    least_compactness: float = 0.2
    reach_m: float = 50.0
    load_spread: float = 0.5
    survey_scale: int = 2_000
    same_land_share: float = 0.5

    def __post_init__(self) -> None:
        """Refuse limits that are no numbers or negative.

        Raises
        ------
        SchemaError
            A limit is negative, no number, or the smallest size is above the largest.
        """
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if name != "exempt_kinds" and not 0 <= value < _MOST:
                raise SchemaError("the limit {name} is {value}; it must be a number, 0 or more", name=name, value=value)
        if self.smallest_m2 > self.largest_m2:
            raise SchemaError(
                "the smallest size {smallest} m2 is above the largest {largest} m2",
                smallest=self.smallest_m2,
                largest=self.largest_m2,
            )


@dataclass(frozen=True)
class Finding:
    """One place where a principle is broken.

    Attributes
    ----------
    cells
        Codes concerned, the one at fault first.
    measure, threshold
        What was measured and what is allowed.
    excess
        How bad it is, for the order.
    object
        Code or index of the building, compound or load concerned; empty where none.
    """

    cells: tuple[str, ...]
    measure: float
    threshold: float
    excess: float
    reason: str
    geometry: Any
    object: str = ""


@dataclass(frozen=True)
class Verdict:
    """What is said of one principle."""

    measure: float
    unit: str
    threshold: float
    evidence: str
    findings: Sequence[Finding] = ()
    needs: str = ""
    known: bool = True


def unknown(needs: str, unit: str, threshold: float, **values: Any) -> Verdict:
    """Return the verdict on a principle that cannot be judged, and what it needs."""
    return Verdict(float("nan"), unit, threshold, "", (), say(needs, "en", **values), known=False)


@dataclass(frozen=True)
class Audited:
    """The cells under audit: each named once, valid, in their own system and in metres."""

    frame: gpd.GeoDataFrame
    """Columns ``cell`` (unique) and geometry; the index is the position."""
    source: gpd.GeoDataFrame
    codes: tuple[str, ...]
    code: str
    crs: CRS
    metric: Shapes
    limits: AuditLimits
    others: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)

    @classmethod
    def of(cls, cells: gpd.GeoDataFrame, code: str, limits: AuditLimits, others: Mapping[str, Any]) -> "Audited":
        """Return cells fit for audit, and the other layers in their CRS.

        Raises
        ------
        SchemaError
            There is no geometry column or no column of codes.
        CrsError
            A layer has no coordinate system.
        """
        for name, layer in (("cells", cells), *((n, o) for n, o in others.items() if o is not None)):
            if not isinstance(layer, gpd.GeoDataFrame) or layer.active_geometry_name is None:
                raise SchemaError("the {name} have no geometry column", name=name)
            if layer.crs is None:
                raise CrsError("the {name} have no coordinate system; declare it", name=name)
        if code not in cells.columns:
            raise SchemaError("the {name} have no column {column}", name="cells", column=code)
        codes = _unique([f"row {row}" if pd.isna(c) else str(c) for row, c in enumerate(cells[code])])
        shapes = sound(cells.geometry.to_numpy())
        frame = gpd.GeoDataFrame({"cell": codes}, geometry=gpd.GeoSeries(shapes, crs=cells.crs), crs=cells.crs)
        crs = CRS(cells.crs)
        there = {name: layer.to_crs(crs) for name, layer in others.items() if layer is not None}
        return cls(frame, cells, tuple(codes), code, crs, in_metres(shapes, crs), limits, there)

    @cached_property
    def shapes(self) -> Shapes:
        """The cells' land in their own CRS."""
        return np.asarray(self.frame.geometry.to_numpy())


def sound(shapes: Shapes) -> Shapes:
    """Return valid polygons: invalid ones mended, missing ones empty."""
    made = shapely.force_2d(shapes).copy()
    made[shapely.is_missing(made)] = shapely.Polygon()
    wrong = ~shapely.is_valid(made)
    made[wrong] = shapely.make_valid(made[wrong], method="structure", keep_collapsed=False)
    return made


def _unique(codes: list[str]) -> list[str]:
    """Return codes with a number added where one stands again."""
    seen: dict[str, int] = {}
    made = []
    for code in codes:
        seen[code] = seen.get(code, 0) + 1
        made.append(code if seen[code] == 1 else f"{code} #{seen[code]}")
    return made
