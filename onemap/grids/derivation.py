"""Cells derived from what divides the land: communities, barriers, compounds, buildings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from onemap.geo.crs import area_m2
from onemap.geo.dated import in_force
from onemap.geo.edges import Ints
from onemap.progress import Progress, silent

from .carving import Cells, lay_pieces
from .derive_intake import Barriers, Land, take_land
from .derive_listing import Listing
from .derive_options import DeriveOptions, with_changes
from .ground import Ground, Surveyor
from .outline_vertices import without_needless_vertices
from .unmet import Unmet


@dataclass(frozen=True)
class DerivedCells:
    """What `derive_cells` made.

    Attributes
    ----------
    cells
        One row a cell, see `derive_cells`.
    unmet
        What could not be honoured: ``rule``, ``community``, ``reason`` (a sentence), geometry.
    counts
        Communities, cells, exclusive cells, buildings, buildings across a border, buildings cut, rows unmet.
    """

    cells: gpd.GeoDataFrame
    unmet: gpd.GeoDataFrame
    counts: dict[str, int]


def derive_cells(
    boundary: gpd.GeoDataFrame,
    *,
    barriers: Barriers = None,
    buildings: gpd.GeoDataFrame | None = None,
    compounds: gpd.GeoDataFrame | None = None,
    options: DeriveOptions | None = None,
    as_of: Any = None,
    progress: Progress = silent,
    **changes: Any,
) -> DerivedCells:
    """Divide communities into cells that follow barriers, cut no building and keep compounds whole.

    What a cell must not do decides in this order: leave its community, cut a building, cut a compound, cross a strong
    barrier, be too small or too large. What could not be honoured stands in ``.unmet``, with the reason and the place.

    Parameters
    ----------
    boundary
        Communities: polygons, one row each, their code in the column ``options.community``; any CRS. Cells fill them
        exactly, to the last digit of their own vertices.
    barriers
        Lines or polygons (then their outline counts) with a class: roads, rivers, railways, walls. Or several frames
        by the class that holds where a row has none: ``{"road": roads, "river": waters}``. See `BARRIER_WEIGHTS`.
    buildings
        Polygons. Where they are given, land without any is taken for open land. A border that would cut one is led
        along its walls; across a community's border the owner is the cell with the largest share.
    compounds
        Polygons with a class: walled yards, institutions, lots. By the town rule each stays in one cell, from
        ``exclusive_m2`` on as a cell of its own; by the country rule each is a villagers' group.
    options
        See `DeriveOptions`; single ones may be given by their names instead.
    as_of
        Only rows in force on this day, of every layer, see `onemap.in_force`.
    progress
        Told the share done.

    Returns
    -------
    DerivedCells
        ``cells`` with a new index, community by community from north to south: the community's code, ``kind``
        (``basic`` or ``exclusive``), ``land_use`` (``built``, ``open``, ``water`` or the class of a compound),
        ``area_m2``, ``buildings`` (how many it owns) and one polygon each, in the CRS of the boundary. Codes are given
        by `number_cells`. The order of rows in any layer does not matter.

    Raises
    ------
    SchemaError
        Codes of communities are missing or repeated, a column is missing, or an option is not possible.
    CrsError
        A layer has no coordinate system.
    GeometryError
        A community is no valid polygon, or a layer holds geometries of the wrong kind.

    Notes
    -----
    Barriers are noded with the outlines of communities and compounds into faces. Faces that are too large are cut
    straight across where the way is short and free of buildings; buildings that any line runs through are put around
    as obstacles. Faces too small or too narrow are joined to a neighbour, over the weakest barrier and the longest
    common border, smallest first. Size, principle of whole compounds and one community for each cell: the nine
    division principles of the unit-grid standards (CJ/T 213 and its successors) as far as geometry can tell.

    Examples
    --------
    >>> from shapely import LineString, box
    >>> community = gpd.GeoDataFrame({"community_code": ["a"]}, geometry=[box(0, 0, 200, 100)], crs="EPSG:4548")
    >>> road = gpd.GeoDataFrame({"class": ["branch"]}, geometry=[LineString([(90, 0), (90, 100)])], crs="EPSG:4548")
    >>> derive_cells(community, barriers=road).cells["area_m2"].tolist()
    [9000.0, 11000.0]
    """
    chosen = with_changes(options, changes)
    unmet = Unmet()
    progress(0.0, "reading the land")
    boundary, buildings, compounds = (
        in_force(f, as_of) if f is not None else f for f in (boundary, buildings, compounds)
    )
    barriers = _in_force(barriers, as_of)
    land = take_land(boundary, barriers, buildings, compounds, options=chosen, unmet=unmet)
    progress(0.1, "dividing the land along its barriers")
    surveyor = Surveyor(land, chosen)
    ground = surveyor.survey()
    progress(0.6, "joining small pieces")
    pieces = lay_pieces(ground, land, chosen)
    progress(0.8, "drawing the cells")
    drawn = _draw(ground, pieces, land, CRS(boundary.crs), chosen.community)
    cells, row = _in_reading_order(drawn, chosen.community)
    cells.insert(3, "area_m2", area_m2(cells).round(2))
    progress(0.85, "looking for what could not be honoured")
    listing = Listing(land, ground, pieces, cells, row, chosen, unmet)
    cells.insert(4, "buildings", listing.buildings(buildings))
    listing.compounds(compounds)
    listing.barriers()
    listing.open_ends(surveyor.lines)
    listing.sizes()
    listing.overlaps()
    table = unmet.table(CRS(boundary.crs))
    counts = {
        "communities": len(boundary),
        "cells": len(cells),
        "exclusive": int((cells["kind"] == "exclusive").sum()),
        **listing.counts,
        "openings_closed": surveyor.closed,
        "unmet": len(table),
    }
    progress(1.0, "done")
    return DerivedCells(cells, table, counts)


def _in_force(barriers: Barriers, as_of: Any) -> Barriers:
    """Return the barriers in force on a day."""
    if isinstance(barriers, Mapping):
        return {name: in_force(frame, as_of) for name, frame in barriers.items()}
    return barriers if barriers is None else in_force(barriers, as_of)


def _draw(ground: Ground, made: Cells, land: Land, crs: CRS, community: str) -> gpd.GeoDataFrame:
    """Return the cells as polygons in the district's system, each the union of its faces."""
    order = np.argsort(made.cell, kind="stable")
    starts = np.flatnonzero(np.diff(made.cell[order], prepend=-1))
    sets = np.split(ground.faces.shapes[order], starts[1:]) if len(starts) else []
    drawn = np.empty(len(sets), dtype=object)
    drawn[:] = [s[0] if len(s) == 1 else shapely.coverage_union_all(s) for s in sets]
    drawn = shapely.normalize(land.plane.leave(without_needless_vertices(drawn, land.vertices), land.vertices))
    columns = {community: land.communities.labels[made.home], "kind": made.kind, "land_use": made.land_use}
    table = pd.DataFrame(columns).astype({"kind": "str", "land_use": "str"}).infer_objects()
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(drawn, crs=crs), crs=crs)


def _in_reading_order(cells: gpd.GeoDataFrame, community: str) -> tuple[gpd.GeoDataFrame, Ints]:
    """Return the cells community by community, from north to south, and the row where each now stands."""
    bounds = shapely.bounds(cells.geometry.to_numpy())
    code = cells[community].astype(str).to_numpy()
    order = np.lexsort((bounds[:, 2], bounds[:, 0], -bounds[:, 3], code))
    row = np.empty(len(order), dtype=np.int64)
    row[order] = np.arange(len(order))
    return cells.iloc[order].reset_index(drop=True), row
