"""Where the grids, roads and compounds lie on any day, and what a spot has to do with them."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from onemap.domain.catalogue import load_catalogue
from onemap.domain.conditions import IN_COMPOUND, ON_ROAD
from onemap.domain.duties import DUTY_GRID, OBJECT, ROAD, as_text
from onemap.errors import CrsError, SchemaError
from onemap.geo.crs import metric_crs, transformer
from onemap.geo.edges import Floats
from onemap.responsibility.areas import Areas, Claimants, Grid, Kind, Roads, Rows, codes_of
from onemap.responsibility.dated import Dated
from onemap.responsibility.objects import Objects
from onemap.responsibility.rules import OBJECT_CLASS, channel_of

COMPOUND: Final = "compound"
_LEVEL_FACTS: Final = ("kind", "land_use", "management_level")
_ROAD: Final = Kind(ROAD, "road_code", "emap_road", word=ROAD, columns=("class",))
_COMPOUND: Final = Kind(COMPOUND, "compound_code", "frame_compound", word=COMPOUND, columns=("class",))


@dataclass(frozen=True, slots=True)
class Spot:
    """A spot on a day.

    Attributes
    ----------
    claims
        The grids that claim it, by channel.
    chain
        The grids of each level that hold it, from coarse to fine, levels without any left out.
    facts
        Of those asked for, the facts that hold there.
    """

    claims: tuple[tuple[str, tuple[Grid, ...]], ...]
    chain: tuple[tuple[str, tuple[Grid, ...]], ...]
    facts: frozenset[str]


@dataclass(frozen=True)
class LandLayers:
    """The layers that a spot is looked up in, all in the system of the finest level; see `ResponsibilityMatrix`."""

    levels: Mapping[str, gpd.GeoDataFrame]
    duty_grids: gpd.GeoDataFrame | None = None
    roads: gpd.GeoDataFrame | None = None
    compounds: gpd.GeoDataFrame | None = None
    objects: pd.DataFrame | None = None
    road_width_m: float = 0.0
    road_near_m: float = 0.0


class Land:
    """All layers that duties are tied to.

    Parameters
    ----------
    layers
        The layers.

    Raises
    ------
    SchemaError
        A layer lacks its key.
    CrsError
        Some layers have a coordinate system and others none.
    """

    def __init__(self, layers: LandLayers) -> None:
        if not layers.levels:
            raise SchemaError("the responsibility matrix has no grid level")
        self.levels: Final = list(layers.levels)
        finest = layers.levels[self.levels[-1]]
        self.crs: Final[pyproj.CRS | None] = finest.crs
        self.bounds: Final = tuple(map(float, finest.total_bounds))
        metric = None if self.crs is None else metric_crs(self.crs, finest.total_bounds)
        apart = metric is not None and metric != self.crs
        self._to_metric = transformer(self.crs, metric) if apart else None
        self._from_metric = transformer(metric, self.crs) if apart else None
        self._areas: dict[str, Dated[Areas]] = {}
        self.known: Final[dict[str, AbstractSet[str]]] = {}
        for level, frame in layers.levels.items():
            key = level_key(level, frame)
            kind = Kind(level, key, level, word=level, columns=_LEVEL_FACTS)
            self._add_areas(level, frame, kind)
        if layers.duty_grids is not None:
            self._add_duty_grids(layers.duty_grids)
        self.compounds = None if layers.compounds is None else self._dated(layers.compounds, _COMPOUND)
        self.roads = None if layers.roads is None else self._dated_roads(layers, metric)
        self.known[ROAD] = frozenset() if self.roads is None else codes_of([self.roads.frame], _ROAD.key)
        self.objects: Final = Objects(None if layers.objects is None else self._here(layers.objects, "frame_component"))
        self.known[OBJECT] = self.objects.codes
        self.known[OBJECT_CLASS] = frozenset()
        self._parents: dict[tuple[int, int], list[int]] = {}
        self._reaching: dict[tuple[int, str, Rows], int] = {}

    def _add_duty_grids(self, frame: gpd.GeoDataFrame) -> None:
        _need(frame, "duty_code", "agency", layer=DUTY_GRID)
        agencies = frame["agency"].map(as_text)
        for agency in sorted(set(agencies)):
            kind = Kind(DUTY_GRID, "duty_code", DUTY_GRID, agency=agency, word=DUTY_GRID)
            self._add_areas(channel_of(DUTY_GRID, agency), frame[agencies == agency], kind)

    def _add_areas(self, channel: str, frame: gpd.GeoDataFrame, kind: Kind) -> None:
        self._areas[channel] = self._dated(frame, kind)
        self.known[channel] = codes_of([self._areas[channel].frame], kind.key)

    def _dated(self, frame: gpd.GeoDataFrame, kind: Kind) -> Dated[Areas]:
        _need(frame, kind.key, layer=kind.layer)
        here = self._here(frame, kind.layer)
        coded = here[here[kind.key].map(as_text) != ""].reset_index(drop=True)
        coded = coded.assign(**{kind.key: coded[kind.key].map(as_text)})
        return Dated(coded, lambda rows: Areas(rows.reset_index(drop=True), kind))

    def _dated_roads(self, layers: LandLayers, metric: pyproj.CRS | None) -> Dated[Roads]:
        assert layers.roads is not None
        _need(layers.roads, _ROAD.key, layer=_ROAD.layer)
        here = self._here(layers.roads, _ROAD.layer)
        lines = here[here[_ROAD.key].map(as_text).ne("") & here.geometry.notna() & ~here.geometry.is_empty]
        if metric is not None and len(lines):
            lines = lines.to_crs(metric)
        width_m, near_m = layers.road_width_m, layers.road_near_m
        return Dated(lines, lambda rows: Roads(rows, _ROAD, width_m=width_m, near_m=near_m))

    def _here(self, frame: Any, layer: str) -> Any:
        """Return a layer in the system of the cells."""
        if not isinstance(frame, gpd.GeoDataFrame) or frame.crs == self.crs:
            return frame
        if frame.crs is None or self.crs is None:
            raise CrsError("layer {layer} and the cells must both have a coordinate system", layer=layer)
        return frame.to_crs(self.crs)

    @property
    def channels(self) -> list[str]:
        """Channels that are looked up by position."""
        return [*self._areas, *([ROAD] if self.roads is not None else [])]

    def areas(self, channel: str, day: int) -> Areas:
        """Return the areas of a level or of an agency on a day."""
        return self._areas[channel].at(day)

    def layer(self, channel: str, day: int) -> Claimants | None:
        """Return what is looked up for a channel or for compounds on a day; None where the map has none."""
        if channel in self._areas:
            return self._areas[channel].at(day)
        dated: Any = {ROAD: self.roads, COMPOUND: self.compounds}.get(channel)
        return None if dated is None else dated.at(day)

    def find(self, code: str, day: int) -> tuple[tuple[str, Rows], float, float]:
        """Return the level and row of the grid with a code, and a point inside it.

        Raises
        ------
        SchemaError
            There is none on that day.
        """
        for level in reversed(self.levels):
            areas = self._areas[level].at(day)
            row = areas.by_code.get(code)
            if row is not None:
                inside = areas.insides[row]
                empty = inside is None or inside.is_empty
                return (level, (row,)), *((np.nan, np.nan) if empty else (inside.x, inside.y))
        raise SchemaError("no grid has the code {code} on that day", code=repr(code))

    def reaching(self, grid: Grid, start: tuple[str, Rows], day: int) -> int:
        """Return how many duty grids of an agency share ground with an area; 0 where the grid is no duty grid."""
        cell = self._areas[start[0]].at(day).locator.geometry[start[1][0]]
        if grid.scope != DUTY_GRID or cell is None:
            return 0
        areas = self._areas[channel_of(DUTY_GRID, grid.agency)].at(day)
        key = id(areas), *start
        if key not in self._reaching:
            near = areas.locator.geometry[areas.tree.query(cell)]
            self._reaching[key] = sum(cell.relate_pattern(shape, "T********") for shape in near)
        return self._reaching[key]

    @property
    def turns(self) -> list[int]:
        """Days on which any layer changes, by ordinal."""
        layers: list[Any] = [*self._areas.values(), self.roads, self.compounds]
        return sorted({turn for dated in layers if dated is not None for turn in dated.turns})

    def metric(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Return coordinates in the system in which roads are measured."""
        return (x, y) if self._to_metric is None else self._to_metric.transform(x, y)

    @property
    def from_metric(self) -> pyproj.Transformer | None:
        """From the system in which roads are measured to that of the cells; None where they are one."""
        return self._from_metric

    def road_zones(self, day: int) -> NDArray[Any]:
        """Return the land that each road claims on a day, in the system of the cells.

        That of roads that claim by nearness reaches as far as they do; two such zones may overlap, although each point
        has one nearest road.
        """
        if self.roads is None:
            return np.empty(0, dtype=object)
        zones = self.roads.at(day).reaches
        if self._to_metric is None:
            return zones
        back = transformer(self._to_metric.target_crs, self._to_metric.source_crs).transform
        return np.asarray(shapely.transform(zones, lambda xy: np.column_stack(back(xy[:, 0], xy[:, 1]))), dtype=object)

    def parents(self, fine: Areas, coarse: Areas) -> list[int]:
        """Return for each area the row of the one above it by code, -1 where the code names none."""
        key = id(fine), id(coarse)  # both are kept as long as the land
        if key not in self._parents:
            self._parents[key] = [coarse.by_code.get(grid.parent, -1) for grid in fine.grids]
        return self._parents[key]

    def spot(
        self,
        x: float,
        y: float,
        day: int,
        channels: AbstractSet[str],
        wanted: AbstractSet[str],
        *,
        start: tuple[str, Rows] | None = None,
    ) -> Spot:
        """Return what a spot has to do with the layers on a day.

        Parameters
        ----------
        x, y
            Coordinates in the system of the cells.
        day
            Ordinal of the day.
        channels
            Those that are of interest, besides the levels.
        wanted
            Facts that are of interest.
        start
            A level and its rows from which the chain goes up, instead of the finest one by position.
        """
        chain = self._climb(x, y, day, start)
        claims = [(level, grids) for level, grids in chain if level in channels]
        found = {fact for _, grids in chain for grid in grids for fact in grid.facts} if wanted else set()
        for channel in self._areas:
            if channel in channels and channel not in self.levels:
                areas = self._areas[channel].at(day)
                claims.append((channel, tuple(areas.grids[row] for row in areas.one(x, y))))
        if self.roads is not None and (ROAD in channels or asks(wanted, ROAD)):
            roads = self.roads.at(day)
            near = tuple(roads.grids[row] for row in roads.one(*self.metric(x, y)))
            claims.append((ROAD, near))
            found |= {ON_ROAD} | {fact for grid in near for fact in grid.facts} if near else set()
        if self.compounds is not None and asks(wanted, COMPOUND):
            compounds = self.compounds.at(day)
            inside = [compounds.grids[row] for row in compounds.one(x, y)]
            found |= {IN_COMPOUND} | {fact for grid in inside for fact in grid.facts} if inside else set()
        return Spot(tuple(claims), tuple(chain), frozenset(found & wanted))

    def _climb(
        self, x: float, y: float, day: int, start: tuple[str, Rows] | None
    ) -> list[tuple[str, tuple[Grid, ...]]]:
        """Return the grids of each level: by the codes of the parents, else by position; coarse to fine."""
        chain: list[tuple[str, tuple[Grid, ...]]] = []
        below: Areas | None = None
        rows: Rows = ()
        level_names = self.levels if start is None else self.levels[: self.levels.index(start[0]) + 1]
        for level in reversed(level_names):
            areas = self._areas[level].at(day)
            if start is not None and level == start[0]:
                rows = start[1]
            else:
                rows = self.above(below, rows, areas) or areas.one(x, y)
            if rows:
                chain.append((level, tuple(areas.grids[row] for row in rows)))
            below = areas
        return chain[::-1]

    def above(self, below: Areas | None, rows: Rows, areas: Areas) -> Rows:
        """Return the rows of the level above some areas, by code; none where no code tells."""
        if below is None or not rows:
            return ()
        parents = self.parents(below, areas)
        return tuple(dict.fromkeys(parents[row] for row in rows if parents[row] >= 0))


def asks(wanted: AbstractSet[str], word: str) -> bool:
    """Tell whether any of some facts is about roads or compounds."""
    plain = {ROAD: ON_ROAD, COMPOUND: IN_COMPOUND}[word]
    return any(fact == plain or fact.startswith(f"{word}.") for fact in wanted)


def level_key(level: str, frame: pd.DataFrame) -> str:
    """Return the column of a level's codes: that of the catalogue, else ``<level>_code``, else ``cell_code``."""
    spec = load_catalogue().get(level)
    names = [spec.key] if spec is not None else [f"{level}_code", "cell_code"]
    found = [name for name in names if name in frame.columns]
    return found[0] if found else names[0]


def _need(frame: pd.DataFrame, *columns: str, layer: str) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise SchemaError(
            "layer {layer} has no column {column}; it has {columns}",
            layer=layer,
            column=missing[0],
            columns=", ".join(map(str, frame.columns)),
        )


def as_floats(values: Any) -> Floats:
    """Return coordinates as an array of numbers."""
    return np.asarray(values, dtype=np.float64).reshape(-1)
