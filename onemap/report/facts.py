"""What the report knows: the published one map, read once, the same for every language.

Every layer is read at most once and brought into metres where the map's CRS is not. A layer that the map does not
have is an empty frame with the catalogue's columns, so that no part of the report asks twice.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from onemap.domain.catalogue import load_catalogue
from onemap.domain.moments import USUAL_ZONE
from onemap.geo.crs import metric_crs
from onemap.geo.locator import CellLocator

if TYPE_CHECKING:
    from onemap.store.one_map import OneMap

CHAIN = " > "
"""Between the names of a chain, from the district down to a cell."""

UNCOVERED = ("gap", "land")
"""Kinds of `coverage_gap` that mean: this land is in nobody's grid."""


@dataclass(frozen=True)
class Level:
    """One level of the grids: its layer, the column of its code, its areas, its place (0 the coarsest)."""

    layer_id: str
    code: str
    frame: gpd.GeoDataFrame
    rank: int


class Facts:
    """The published map as the report reads it."""

    def __init__(self, one_map: "OneMap") -> None:
        self.one_map = one_map
        self._frames: dict[str, Any] = {}

    @cached_property
    def district(self) -> Mapping[str, str]:
        """Facts of the whole map."""
        return dict(self.one_map.district)

    @cached_property
    def layers(self) -> pd.DataFrame:
        """Catalogue of the map, indexed by layer id; grid levels bear the titles that the district gives them."""
        layers = self.one_map.layers.copy()
        for layer_id, titles in json.loads(self.district.get("level_titles") or "{}").items():
            for language, title in titles.items():
                if title and layer_id in layers.index:
                    layers.loc[layer_id, f"title_{language}"] = title
        return layers

    @property
    def timezone(self) -> str:
        """The zone of the district's clocks: a case of one in the morning belongs to that day and month."""
        return self.district.get("timezone") or USUAL_ZONE

    @cached_property
    def crs(self) -> pyproj.CRS:
        """The projected CRS in metres in which the report draws and measures: the map's own, if it is one."""
        given = pyproj.CRS.from_user_input(self.district["crs"])
        if given.is_projected and given.axis_info[0].unit_conversion_factor == 1 and given.to_epsg() != 3857:  # noqa: PLR2004
            return given
        bounds = [float(part) for part in json.loads(self.district.get("bounds") or "[0, 0, 0, 0]")]
        return metric_crs(given, tuple(bounds))

    def frame(self, layer_id: str) -> Any:
        """Return a layer in metres, with every column of the catalogue; empty where the map has no such layer."""
        if layer_id not in self._frames:
            self._frames[layer_id] = self._read(layer_id)
        return self._frames[layer_id]

    def open(self, layer_id: str) -> Any:
        """Return the rows of a layer of findings that nobody allowed."""
        frame = self.frame(layer_id)
        return frame[~frame["allowed"].map(_is_true).astype(bool)].reset_index(drop=True)

    def has_rows(self, layer_id: str) -> bool:
        """Say whether the map holds a layer with at least one row."""
        return bool(len(self.frame(layer_id)))

    def _read(self, layer_id: str) -> Any:
        spec = load_catalogue()[layer_id]
        if self.one_map.has(layer_id):
            frame = self.one_map.read(layer_id)
        elif spec.is_table:
            frame = pd.DataFrame()
        else:
            frame = gpd.GeoDataFrame(geometry=[], crs=self.crs)
        missing = [field.name for field in spec.fields if field.name not in frame]
        frame = frame.assign(**dict.fromkeys(missing))
        if isinstance(frame, gpd.GeoDataFrame) and frame.crs is not None and frame.crs != self.crs:
            frame = frame.to_crs(self.crs)
        return frame.reset_index(drop=True)

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The grid levels that the map holds with rows, coarse to fine."""
        held = [layer_id for layer_id in self.one_map.levels if self.has_rows(layer_id)]
        return tuple(
            Level(layer_id, load_catalogue()[layer_id].key, self.frame(layer_id), rank)
            for rank, layer_id in enumerate(held)
        )

    @property
    def cells(self) -> Level | None:
        """The finest level: the cells."""
        return self.levels[-1] if self.levels else None

    @cached_property
    def streets(self) -> Level | None:
        """The level that tables and matrix go by: the streets, else the coarsest with more than one area."""
        by_id = {level.layer_id: level for level in self.levels}
        many = [level for level in self.levels if len(level.frame) > 1]
        return by_id.get("grid_street") or (many[0] if many else self.cells)

    @cached_property
    def outline(self) -> Any:
        """The district as one geometry: its coarsest level, else the administrative boundary; None where unknown."""
        for frame in (*(level.frame for level in self.levels[:1]), self.frame("frame_boundary")):
            shapes = frame.geometry.dropna().to_numpy() if len(frame) else []
            if len(shapes):
                return shapely.union_all(shapely.make_valid(shapes))
        return None

    @cached_property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """What the maps show: the district, else everything the map holds; None where there is nothing to draw."""
        if self.outline is not None and not self.outline.is_empty:
            west, south, east, north = self.outline.bounds
            return west, south, east, north
        boxes = []
        for layer_id in self.layers.index:
            known = load_catalogue().get(layer_id)
            if known is None or known.is_table or known.is_raster or not self.has_rows(layer_id):
                continue
            boxes.append(self.frame(layer_id).total_bounds)
        sound = [box for box in boxes if np.isfinite(box).all()]
        if not sound:
            return None
        low, high = np.min(sound, axis=0), np.max(sound, axis=0)
        return float(low[0]), float(low[1]), float(high[2]), float(high[3])

    @cached_property
    def defects(self) -> gpd.GeoDataFrame:
        """Coverage defects of all levels and agencies, areas and mismatched edges in one frame (``length_m`` too)."""
        areas, edges = self.frame("defect"), self.frame("defect_line")
        both = pd.concat([part for part in (areas, edges) if len(part)]) if len(areas) + len(edges) else areas
        frame = gpd.GeoDataFrame(both.reset_index(drop=True), geometry="geometry", crs=self.crs)
        if "length_m" not in frame:
            frame["length_m"] = np.nan
        frame["allowed"] = frame["allowed"].map(_is_true).astype(bool)
        frame["agency"] = frame["agency"].fillna("").astype(str)
        return frame

    @cached_property
    def uncovered(self) -> gpd.GeoDataFrame:
        """Land in no cell of the finest level: of the published gaps, else of the defects that are not allowed."""
        if self.cells is None:
            return self.frame("coverage_gap").iloc[:0]
        return self.uncovered_of(self.cells.layer_id, "")

    def uncovered_of(self, layer_id: str, agency: str) -> gpd.GeoDataFrame:
        """Return the land that a level, or the grids of one agency, leaves to nobody."""
        if self.one_map.has("coverage_gap"):
            frame = self.open("coverage_gap")
            wanted = frame["kind"].isin(UNCOVERED)
        else:
            frame = self.defects
            wanted = (frame["kind"] == "gap") & ~frame["allowed"]
        return frame[wanted & (frame["layer_id"] == layer_id) & (frame["agency"].fillna("") == agency)]

    @cached_property
    def audited(self) -> list[tuple[str, str]]:
        """Every coverage that was checked: (layer id, agency), levels coarse to fine, then agencies by name."""
        pairs = [(level.layer_id, "") for level in self.levels]
        duty = self.frame("duty_grid")
        found = {("duty_grid", str(agency)) for agency in duty["agency"].dropna().unique()} if len(duty) else set()
        for frame in (self.defects, self.frame("coverage_gap")):
            found |= set(zip(frame["layer_id"].astype(str), frame["agency"].fillna("").astype(str), strict=True))
        return pairs + sorted(found - set(pairs))

    def areas_of(self, layer_id: str, agency: str) -> gpd.GeoDataFrame:
        """Return the polygons of a checked coverage."""
        frame = self.frame(layer_id) if layer_id in load_catalogue() else self.frame("duty_grid").iloc[:0]
        return frame[frame["agency"].fillna("") == agency] if agency and "agency" in frame else frame

    @cached_property
    def cases(self) -> gpd.GeoDataFrame:
        """The cases, their flags as plain booleans, their time of report as clocks in the district show it."""
        frame = self.frame("case")
        reported = pd.to_datetime(frame["reported_at"], utc=True, errors="coerce")
        return frame.assign(
            near_border=frame["near_border"].map(_is_true).astype(bool),
            reported_at=reported.dt.tz_convert(self.timezone),
        )

    @cached_property
    def cases_of_cell(self) -> pd.Series:
        """Number of cases of each cell of the finest level, in its order."""
        if self.cells is None:
            return pd.Series(dtype=int)
        counts = self.cases["cell_code"].value_counts()
        return self.cells.frame[self.cells.code].map(counts).fillna(0).astype(int)

    @cached_property
    def buildings_of_cell(self) -> pd.Series | None:
        """Number of buildings of each cell (by a point inside the building); None without buildings."""
        if self.cells is None or not self.has_rows("city3d_building"):
            return None
        inner = shapely.point_on_surface(self.frame("city3d_building").geometry.dropna().to_numpy())
        inner = inner[~shapely.is_empty(inner)]
        # cells are told apart by their place, for a code may stand twice
        cells = self.cells.frame.assign(_place=[f"{n:09d}" for n in range(len(self.cells.frame))])
        place = CellLocator(cells, code="_place").locate(shapely.get_x(inner), shapely.get_y(inner))
        return pd.Series(np.bincount(place[place >= 0], minlength=len(self.cells.frame)))

    @cached_property
    def chain_of_cell(self) -> list[tuple[str, ...]]:
        """For each cell the names of the areas above it, coarse to fine, by parent codes."""
        if self.cells is None:
            return []
        above = {}
        for level in self.levels[:-1]:
            frame = level.frame
            names = frame["name"].where(frame["name"].notna(), frame[level.code]).astype(str)
            above[level.rank] = dict(
                zip(frame[level.code].astype(str), zip(names, frame["parent_code"], strict=True), strict=True)
            )
        chains = []
        for parent in self.cells.frame["parent_code"]:
            chain: list[str] = []
            code = parent
            for rank in sorted(above, reverse=True):
                if str(code) not in above[rank]:
                    break
                name, code = above[rank][str(code)]
                chain.insert(0, name)
            chains.append(tuple(chain))
        return chains


def _is_true(value: Any) -> bool:
    """Say whether a stored flag (boolean, 0/1, missing) is set."""
    return value is not None and not pd.isna(value) and bool(value)
