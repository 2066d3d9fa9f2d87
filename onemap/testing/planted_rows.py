"""Faults planted in rows: buildings, addresses, cases, whole streets of a layer, dates; and what follows from them."""

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.domain.catalogue import BASE_MAP_CLASSES, load_catalogue
from onemap.geo.gcj import convert_coordinates

from .plan import CRS, MARGIN_M
from .terrain import NODATA, Raster

if TYPE_CHECKING:
    from .planted import Planter

STALE_LAYER, STALE_SINCE = "place_name", "2024-01-01"
EMPTY_LAYER = "underground_space"
SHIFTED_LAYER = "econ_unit"
_NOTHING = 1e-6  # share of a street that counts as nothing


def plant_rows(planter: "Planter") -> None:
    """Spoil the rows of the other layers."""
    _plant_buildings(planter)
    _plant_addresses(planter)
    _plant_missing_street(planter)
    _plant_shift(planter)
    _plant_cases(planter)
    _follow(planter)
    _note_empty(planter)
    _note_stale(planter)


def _plant_buildings(planter: "Planter") -> None:
    """Cross the outlines of some buildings, give one a spike, and let one appear twice."""
    frame = planter.frames["city3d_building"]
    shapes = frame.geometry.to_numpy().copy()
    codes = frame["building_code"].to_numpy()
    four = np.flatnonzero(shapely.get_num_coordinates(shapes) == 5)  # noqa: PLR2004 - plain boxes
    count = 3 if planter.plan.size == "full" else 1
    pick = planter.rng.choice(four, size=2 * count + 1, replace=False)
    planter.left_out.update(codes[pick[:count]])
    for row in pick[:count]:
        a, b, c, d = shapely.get_coordinates(shapes[row])[:4]
        shapes[row] = shapely.polygons([a, c, b, d])
        planter.note(
            "bad_geometry", "city3d_building", [row + 1], f"a bow tie: two corners of {codes[row]} changed places"
        )
    for row in pick[count : 2 * count]:
        a, b, c, d = shapely.get_coordinates(shapes[row])[:4]
        shapes[row] = shapely.polygons([a, b, b + (b - a) * 0.25, b, c, d])
        planter.note("repair", "city3d_building", [codes[row]], "a spike goes out from a corner and back")
    frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=CRS))
    twice = frame.iloc[[pick[-1]]]
    planter.note("duplicate_row", "city3d_building", [len(frame) + 1], f"{codes[pick[-1]]} stands twice")
    planter.frames["city3d_building"] = pd.concat([frame, twice], ignore_index=True)


def _plant_addresses(planter: "Planter") -> None:
    """Put some addresses beyond the district and its margin."""
    from .planted import away

    frame = planter.frames["place_address"]
    shapes = frame.geometry.to_numpy().copy()
    for number, row in enumerate(planter.rng.choice(len(frame), size=4, replace=False)):
        shapes[row] = shapely.points(away(planter.plan, 0.4 + 1.5 * number, 1.9))
        planter.note("outside_row", "place_address", [row + 1], "the address lies in another district")
    planter.frames["place_address"] = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=CRS))


def _plant_missing_street(planter: "Planter") -> None:
    """Leave a layer without any row in one street."""
    streets = planter.frames["grid_street"]
    row = streets.iloc[-2]
    frame = planter.frames[EMPTY_LAYER]
    kept = ~shapely.intersects(frame.geometry.to_numpy(), row.geometry)
    planter.frames[EMPTY_LAYER] = frame[kept]


def _plant_shift(planter: "Planter") -> None:
    """Leave one layer in GCJ-02, though its file says CGCS2000: every row lies half a kilometre off."""
    frame = planter.frames[SHIFTED_LAYER]
    points = shapely.get_coordinates(frame.geometry.to_numpy())
    lon, lat = convert_coordinates(*points.T, source=CRS, target="GCJ02")
    x, y = convert_coordinates(lon.round(7), lat.round(7), source="EPSG:4490", target=CRS)
    frame = frame.set_geometry(gpd.GeoSeries(shapely.points(x, y), index=frame.index, crs=CRS))
    away_m = shapely.distance(frame.geometry.to_numpy(), planter.city.skeleton.outline)
    plain = np.abs(away_m - MARGIN_M) > 0.15 * MARGIN_M  # none so near the margin that its edge decides
    frame, away_m = frame[plain].reset_index(drop=True), away_m[plain]
    for row in np.flatnonzero(away_m > MARGIN_M):
        planter.note("outside_row", SHIFTED_LAYER, [row + 1], "shifted beyond the margin of the district")
    planter.frames[SHIFTED_LAYER] = frame
    planter.note("suspect_position", SHIFTED_LAYER, ["EPSG:4490"], "in GCJ-02, though the file says CGCS2000")


def _note_empty(planter: "Planter") -> None:
    """Note every street in which a layer of the base map has nothing, by design or by chance."""
    streets = planter.frames["grid_street"]
    catalogue = load_catalogue()
    for layer, frame in planter.frames.items():
        if layer not in catalogue or catalogue[layer].class_id not in BASE_MAP_CLASSES:
            continue
        street, _ = shapely.STRtree(frame.geometry.to_numpy()).query(streets.geometry, predicate="intersects")
        bare = np.setdiff1d(np.arange(len(streets)), street)
        for row in bare:
            planter.note("empty", layer, [streets["street_code"].iloc[row]], "no row lies in this street")
        if len(bare):
            planter.note("partial", layer, [""], "some streets have no row")


def _note_stale(planter: "Planter") -> None:
    """Note the layer whose date in the manifest is older than its update cycle."""
    for code in ["", *planter.frames["grid_street"]["street_code"]]:
        planter.note("stale", STALE_LAYER, [code], f"delivered on {STALE_SINCE} and not since")


def _plant_cases(planter: "Planter") -> None:
    """Give cases no position, 0 0, one far place, the same row twice; put some of the hotline exactly on borders."""
    plan, rng = planter.plan, planter.rng
    frame = planter.frames["case"]
    shapes = frame.geometry.to_numpy().copy()
    codes = frame["case_code"].to_numpy()
    pick = rng.permutation(plan.cases)[:60]
    for row in pick[:15]:
        shapes[row] = None
        planter.note("no_position", "case", [codes[row]], "the position was not filled in")
    far = shapely.points([(447_000.0, 4_418_000.0)])[0]
    for row in pick[15:27]:
        shapes[row] = far
        planter.note("failed_geocode", "case", [codes[row]], "the geocoder gave the centre of another city")
    for row in pick[27:32]:
        shapes[row] = shapely.points(0.0, 0.0)
        planter.note("no_position", "case", [codes[row]], "the coordinates are 0, 0")
        planter.note("bad_position", "case", [row + 1], f"the coordinates of {codes[row]} are 0, 0")
    _plant_on_borders(planter, shapes, codes)
    frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=CRS))
    again = frame.iloc[pick[32:44]]
    for number, code in enumerate(again["case_code"]):
        planter.note("duplicate_row", "case", [plan.cases + number + 1], f"{code} was exported twice")
    planter.frames["case"] = frame
    planter.frames["case_again"] = again


def _plant_on_borders(planter: "Planter", shapes: np.ndarray, codes: np.ndarray) -> None:
    """Move a third of the hotline's cases onto corners that cells share."""
    clean = planter.city.frames["grid_cell"]
    spoilt = planter.frames["grid_cell"].geometry.to_numpy()
    faults = shapely.union_all(
        [one.geometry for one in planter.list if one.geometry is not None and one.layer_id == "grid_cell"]
    )
    district = shapely.boundary(planter.city.skeleton.outline)
    corners = np.unique(shapely.get_coordinates(clean.geometry.to_numpy()), axis=0)
    points = shapely.points(corners)
    apart = (shapely.distance(points, faults) > 1) & (shapely.distance(points, district) > 1)
    points = points[apart]
    rows = np.arange(planter.plan.cases, len(codes), 2)[::3]
    place, _ = shapely.STRtree(spoilt).query(points, predicate="intersects")
    shared = np.flatnonzero(np.bincount(place, minlength=len(points)) > 1)
    chosen = planter.rng.choice(shared, size=len(rows), replace=False)
    shapes[rows] = points[chosen]
    for row in rows:
        planter.note("border", "case", [codes[row]], "exactly on a corner that cells share")


def _follow(planter: "Planter") -> None:
    """Note what follows: objects in the district, and cases anywhere, that no cell holds."""
    cells = planter.frames["grid_cell"]
    trusted = cells[cells["cell_code"].str.fullmatch(r"\d{15}")]
    tree = shapely.STRtree(trusted.geometry.to_numpy())
    district = planter.city.skeleton.outline
    shapely.prepare(district)
    for layer, key in (
        ("city3d_building", "building_code"), ("frame_component", "component_code"), ("place_address", "address_code"),
        ("econ_unit", "unit_code"), ("case", "case_code"),
    ):  # fmt: skip
        frame = planter.frames[layer]
        shapes = frame.geometry.to_numpy().copy()
        crossed = ~shapely.is_valid(shapes)
        shapes[crossed] = shapely.make_valid(shapes[crossed])
        held = np.zeros(len(frame), dtype=bool)
        held[tree.query(shapes, predicate="intersects")[0]] = True
        held |= frame[key].isin(planter.left_out).to_numpy()
        if layer != "case":
            held |= ~np.asarray(shapely.intersects(district, shapes))
        for one in dict.fromkeys(frame[key][~held]):
            planter.note("object_gap", layer, [one], "no cell holds it")


def bite(planter: "Planter", terrain: Raster, post_m: float) -> Raster:
    """Take the terrain of one corner of the district away, and note the streets that it no longer reaches."""
    from .planted import away

    streets = planter.frames["grid_street"]
    east, north = away(planter.plan, 0.18, 0.98)
    half = 0.13 * planter.plan.radius_m
    hole = shapely.box(east - half, north - half, east + 9 * half, north + half)
    values = terrain.bands.copy()
    rows, columns = np.indices(values.shape[1:])
    x = terrain.transform.c + (columns + 0.5) * post_m
    y = terrain.transform.f - (rows + 0.5) * post_m
    lost = shapely.contains_xy(hole, x, y)
    values[0][lost] = NODATA
    posts = shapely.box(x[lost] - post_m / 2, y[lost] - post_m / 2, x[lost] + post_m / 2, y[lost] + post_m / 2)
    planter.note("partial", "terrain_dem", [""], "a map sheet of the survey is missing")
    post, street = shapely.STRtree(streets.geometry.to_numpy()).query(posts, predicate="intersects")
    areas = shapely.area(shapely.intersection(posts[post], streets.geometry.to_numpy()[street]))
    bare = np.bincount(street, weights=areas, minlength=len(streets)) > _NOTHING * streets.area.to_numpy()
    for code in streets["street_code"][bare]:
        planter.note("partial", "terrain_dem", [code], "a map sheet of the survey is missing")
    return Raster(values, terrain.transform)
