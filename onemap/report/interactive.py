"""The map to explore: what the page's script draws with Leaflet, in metres from the sheet's south-west corner.

Coordinates are whole decimetres, each ring its first point and then steps, so that 1,500 cells stay small. Texts are
finished sentences; the script only puts them in place as text.
"""

from functools import cached_property
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from .facts import CHAIN, Facts
from .palette import Palette
from .sections.cases import STATES, count_breaks
from .sheet import Sheet
from .signs import tone_of
from .tables import plain
from .tiles import rank_defects
from .wording import Wording

MOST_FINDINGS = 800
MOST_NEAR = 2000
_DECIMETRES = 10.0
_SMALL_PX = 12  # findings smaller than this on the sheet get a mark as well
_HEXAGONS_ACROSS = 46
_MOST_HOUSES = 30_000


class Interactive:
    """Makes the data of the map to explore; geometry once, words for each language."""

    def __init__(self, facts: Facts, sheet: Sheet, palette: Palette) -> None:
        self.facts, self.sheet, self.palette = facts, sheet, palette

    def data(self, words: Wording) -> dict[str, Any]:
        """Return all that the script needs, texts in one language."""
        facts = self.facts
        return {
            "size": [round(self.sheet.east - self.sheet.west, 1), round(self.sheet.north - self.sheet.south, 1)],
            "cells": self._cells(words),
            "lines": [
                {
                    "title": words.layer(level.layer_id, facts.layers),
                    "width": line.width,
                    "dash": line.dash,
                    "rings": rings,
                }
                for level, line, rings in self._lines
            ],
            "findings": self._findings(words),
            "near": self._near(words),
            "hexagons": self._hexagons,
            "houses": self._houses,
            "ramp": self.palette.ramps["cases"][1:],
            "breaks": count_breaks(facts.cases_of_cell.to_numpy()) if facts.cells is not None else [],
            "words": self._words(words),
        }

    def rings(self, shapes: npt.NDArray[np.object_], tolerance_m: float) -> list[list[list[int]]]:
        """Return for each geometry its rings or lines, each as its first point and steps in decimetres."""
        simple = shapely.simplify(shapely.force_2d(shapes), tolerance_m, preserve_topology=True)
        parts, part_of = shapely.get_parts(simple, return_index=True)
        is_area = shapely.get_dimensions(parts) == 2  # noqa: PLR2004 - areas have two dimensions
        rings, ring_of = shapely.get_rings(parts[is_area], return_index=True)
        lines = np.concatenate([rings, parts[~is_area]])
        whose = np.concatenate([part_of[is_area][ring_of], part_of[~is_area]])
        points, owner = shapely.get_coordinates(lines, return_index=True)
        tenths = np.rint((points - (self.sheet.west, self.sheet.south)) * _DECIMETRES).astype(np.int64)
        first = np.diff(owner, prepend=-1) != 0
        steps = np.where(first[:, None], tenths, np.diff(tenths, axis=0, prepend=tenths[:1]))
        starts = [*np.flatnonzero(first).tolist(), len(steps)]
        flat = steps.ravel().tolist()
        found: list[list[list[int]]] = [[] for _ in shapes]
        for shape, (start, end) in zip(whose.tolist(), pairwise(starts), strict=True):
            found[shape].append(flat[2 * start : 2 * end])
        return found

    @cached_property
    def _tolerance(self) -> float:
        return self.sheet.metres_per_pixel * 0.08

    @cached_property
    def _cell_rings(self) -> list[list[list[int]]]:
        assert self.facts.cells is not None
        return self.rings(self.facts.cells.frame.geometry.to_numpy(), self._tolerance)

    @cached_property
    def _lines(self) -> list[tuple[Any, Any, list[Any]]]:
        """Outlines of the levels above the cells, fine to coarse."""
        levels = self.facts.levels
        return [
            (
                level,
                self.palette.line(level.layer_id, level.rank, len(levels)),
                [ring for rings in self.rings(level.frame.geometry.to_numpy(), self._tolerance) for ring in rings],
            )
            for level in reversed(levels[:-1])
        ]

    def _cells(self, words: Wording) -> list[list[Any]]:
        facts = self.facts
        if facts.cells is None:
            return []
        frame = facts.cells.frame
        codes = frame[facts.cells.code].astype(str)
        extra = facts.cases.assign(overdue=facts.cases["state"] == "overdue")
        sums = extra.groupby("cell_code")[["overdue", "near_border"]].sum()
        overdue, near = (codes.map(sums[name]).fillna(0).astype(int) for name in ("overdue", "near_border"))
        houses = facts.buildings_of_cell
        sizes = shapely.area(frame.geometry.to_numpy())
        return [
            [
                code,
                plain(name),
                CHAIN.join(chain),
                words.area(size),
                int(cases),
                int(late),
                int(close),
                int(houses.iloc[place]) if houses is not None else None,
                self._cell_rings[place],
            ]
            for place, (code, name, chain, size, cases, late, close) in enumerate(
                zip(codes, frame["name"], facts.chain_of_cell, sizes, facts.cases_of_cell, overdue, near, strict=True)
            )
        ]

    @cached_property
    def _chosen(self) -> gpd.GeoDataFrame:
        defects = self.facts.defects
        return defects.iloc[rank_defects(defects, MOST_FINDINGS)]

    @cached_property
    def _finding_rings(self) -> list[list[list[int]]]:
        return self.rings(self._chosen.geometry.to_numpy(), 0.05)

    def _findings(self, words: Wording) -> list[list[Any]]:
        rows = self._chosen.drop(columns="geometry").to_dict("records")
        spots = shapely.get_coordinates(shapely.centroid(self._chosen.geometry.to_numpy()))
        spots = np.round(spots - (self.sheet.west, self.sheet.south), 1)
        west, south, east, north = shapely.bounds(self._chosen.geometry.to_numpy()).T
        smalls = np.fmax(east - west, north - south) < _SMALL_PX * self.sheet.metres_per_pixel
        return [
            [
                tone_of(row["kind"], allowed=row["allowed"]),
                words.label("defect", "kind", row["kind"]),
                words.area(row["area_m2"]),
                words.layer(row["layer_id"], self.facts.layers) + (f" · {row['agency']}" if row["agency"] else ""),
                plain(row["cells"]),
                words.told(row),
                spot.tolist() if small else None,
                rings,
                row["agency"],
            ]
            for row, spot, small, rings in zip(rows, spots, smalls, self._finding_rings, strict=True)
        ]

    def _near(self, words: Wording) -> list[list[Any]]:
        frame = self.facts.frame("near_border")
        frame = frame[~(frame.geometry.is_empty | frame.geometry.isna())]
        frame = frame.sort_values(["distance_m", "case_code"], kind="stable").head(MOST_NEAR)
        if not len(frame):
            return []
        state = self.facts.cases.drop_duplicates("case_code").set_index("case_code")["state"]
        states = frame["case_code"].map(state)
        spots = shapely.get_coordinates(shapely.centroid(frame.geometry.to_numpy())) - (
            self.sheet.west,
            self.sheet.south,
        )
        return [
            [
                *np.round(spot, 1).tolist(),
                plain(row["case_code"]),
                plain(row["cell_code"]),
                plain(row["candidates"]),
                words.length(row["distance_m"]),
                state if state in STATES else "",
                words.told(row),
            ]
            for spot, row, state in zip(spots, frame.drop(columns="geometry").to_dict("records"), states, strict=True)
        ]

    @cached_property
    def _hexagons(self) -> dict[str, Any]:
        """Cases counted in hexagons: the middle of each and its count, and the hexagons' radius in metres."""
        shapes = self.facts.cases.geometry.dropna().to_numpy()
        shapes = shapes[~shapely.is_empty(shapes)]
        points = shapely.get_coordinates(shapes) - (self.sheet.west, self.sheet.south)
        wide, high = self.sheet.east - self.sheet.west, self.sheet.north - self.sheet.south
        points = points[((points >= 0) & (points <= (wide, high))).all(axis=1)]
        radius = max(wide, high) / _HEXAGONS_ACROSS / np.sqrt(3)
        if not len(points):
            return {"radius": round(radius, 1), "at": []}
        middles, counts = np.unique(hexagon_middles(points, radius), axis=0, return_counts=True)
        return {"radius": round(radius, 1), "at": np.column_stack([np.round(middles), counts]).astype(int).tolist()}

    @cached_property
    def _houses(self) -> list[list[int]]:
        """Buildings as outlines for the closer look; none where there are too many for one page."""
        frame = self.facts.frame("city3d_building")
        if not len(frame) or len(frame) > _MOST_HOUSES:
            return []
        shapes = frame.geometry.dropna().to_numpy()
        parts = shapely.get_parts(shapes[~shapely.is_empty(shapes)])
        outer = shapely.polygons(shapely.get_exterior_ring(parts))
        return [rings[0] for rings in self.rings(outer, 0.4) if rings]

    def _words(self, words: Wording) -> dict[str, str]:
        return {
            "base": words.say("Base map"),
            "cells": words.layer(self.facts.cells.layer_id, self.facts.layers) if self.facts.cells else "",
            "density": words.say("Where cases are dense"),
            "cases": words.say("Cases by cell"),
            "overdue": words.say("Overdue"),
            "near": words.say("Cases near a border"),
            "close": words.say("Near a border"),
            "buildings": words.say("Buildings"),
            "area": words.say("Area"),
            "total": words.say("Cases"),
            "find": words.say("Find a cell code"),
            "case": words.say("Case"),
            "cell": words.heading("case", "cell_code"),
            "candidates": words.heading("case", "candidates"),
            "distance": words.say("Distance to the border"),
            "concerned": words.heading("defect", "cells"),
            "nothing": words.say("No such cell"),
            "in": words.say("Zoom in"),
            "out": words.say("Zoom out"),
            "whole": words.say("Whole district"),
            "gap": words.say("Gap: in nobody's grid"),
            "overlap": words.say("Overlap: in two grids"),
            "outside": words.say("Outside the parent"),
            "mismatch": words.say("Edges or codes that do not match"),
            "allowed_gap": words.say("Allowed gap"),
            "others": words.layer("duty_grid", self.facts.layers),
            **{f"state_{state}": words.label("case", "state", state) for state in STATES},
        }


def hexagon_middles(points: npt.NDArray[np.float64], radius: float) -> npt.NDArray[np.float64]:
    """Return for each point the middle of its hexagon (pointed top, ``radius`` to a corner).

    The nearer of the two candidates on two interleaved rectangular lattices; exact, no rounding of axial coordinates.

    Examples
    --------
    >>> hexagon_middles(np.array([[0.1, 0.1], [1.0, 1.4]]), 1.0).round(3).tolist()
    [[0.0, 0.0], [0.866, 1.5]]
    """
    wide, high = radius * np.sqrt(3), radius * 3
    even = np.rint(points / (wide, high)) * (wide, high)
    shift = np.array([wide / 2, high / 2])
    odd = np.rint((points - shift) / (wide, high)) * (wide, high) + shift
    nearer = np.square(points - even).sum(axis=1) <= np.square(points - odd).sum(axis=1)
    return np.where(nearer[:, None], even, odd)
