"""What lies on the land of the sample city: roads, water, green, compounds, parcels and official boundaries."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .city import ROAD_WIDTH_M, Skeleton
from .names import pairs, words
from .plan import CRS, DISTRICT_CODE, STEP, Plan

_ROAD_CLASS = {"ring": "expressway", "avenue": "arterial", "main": "secondary", "street": "branch", "lane": "lane"}
_COMPOUND_CLASS = {"compound": "R", "school": "A", "hospital": "A", "industry": "M"}
_BANK_M = 15.0


@dataclass(frozen=True)
class Waters:
    """River, moat and lakes, the green banks of the river, and the small squares of the streets."""

    river: shapely.Geometry
    bank: shapely.Geometry
    moat_line: shapely.Geometry
    moat: shapely.Geometry
    lakes: np.ndarray
    lake_cells: np.ndarray
    squares: np.ndarray


def make_waters(plan: Plan, skeleton: Skeleton, cells: gpd.GeoDataFrame, uses: np.ndarray) -> Waters:
    """Widen the river and lay a lake into the larger parks."""
    river = shapely.intersection(shapely.buffer(skeleton.river, plan.river_m / 2), skeleton.outline, grid_size=STEP)
    bank = shapely.intersection(
        shapely.buffer(skeleton.river, plan.river_m / 2 + _BANK_M), skeleton.outline, grid_size=STEP
    )
    lands = cells.geometry.to_numpy()
    size = np.sqrt(shapely.area(lands))
    dry = ~shapely.intersects(lands, bank)
    usual = np.median(size[uses == "park"])
    parks = np.flatnonzero((uses == "park") & dry & (size > 0.5 * usual))
    lakes = shapely.buffer(shapely.buffer(lands[parks], -0.30 * size[parks]), 0.13 * size[parks], quad_segs=6)
    some = shapely.area(lakes) > 200  # noqa: PLR2004 - a puddle is no lake
    moat_line, moat = _moat(plan, skeleton, bank)
    return Waters(
        river,
        shapely.difference(bank, river),
        moat_line,
        moat,
        shapely.set_precision(lakes[some], STEP),
        parks[some],
        _squares(cells, shapely.union_all([bank, moat]), uses),
    )


def _moat(plan: Plan, skeleton: Skeleton, bank: shapely.Geometry) -> tuple[shapely.Geometry, shapely.Geometry]:
    """Lead the old moat round outside the ring road, from the river and back to it."""
    town = shapely.polygonize(skeleton.roads[skeleton.road_class == "ring"]).geoms[0]
    away = 0.5 * ROAD_WIDTH_M["ring"] + 0.2 * plan.river_m + 8
    line = shapely.difference(shapely.boundary(shapely.buffer(town, away, quad_segs=8)), bank)
    line = shapely.set_precision(shapely.line_merge(line), STEP)
    area = shapely.difference(shapely.buffer(line, 0.09 * plan.river_m + 1.5, cap_style="flat"), bank)
    return line, shapely.set_precision(area, STEP)


def _squares(cells: gpd.GeoDataFrame, wet: shapely.Geometry, uses: np.ndarray) -> np.ndarray:
    """Keep a small green square free in three cells of every street."""
    lands = cells.geometry.to_numpy()
    street = cells["cell_code"].str[:9].to_numpy()
    middle = shapely.point_on_surface(lands)
    room = shapely.distance(middle, shapely.boundary(lands))
    fit = (uses != "park") & ~shapely.dwithin(middle, wet, 30)
    chosen: list[int] = []
    for code in np.unique(street):
        mine = np.flatnonzero((street == code) & fit)
        chosen.extend(mine[np.argsort(-room[mine], kind="stable")[:3]])
    return shapely.set_precision(shapely.buffer(middle[chosen], np.clip(room[chosen] / 3, 6, 16), quad_segs=3), STEP)


def make_land(
    skeleton: Skeleton,
    levels: dict[str, gpd.GeoDataFrame],
    *,
    uses: np.ndarray,
    waters: Waters,
    yards: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, gpd.GeoDataFrame]:
    """Return the frames of the electronic map and of the framework, by layer id."""
    cells = levels["grid_cell"]
    return {
        "emap_road": _roads(skeleton, waters, rng),
        **_water(skeleton, waters),
        "emap_green": _green(levels, uses, waters),
        "frame_boundary": _boundaries(levels),
        "frame_compound": _compounds(cells, uses, yards, rng),
        "frame_parcel": _parcels(cells, uses, yards),
    }


def frame(columns: dict[str, object], geometry: np.ndarray) -> gpd.GeoDataFrame:
    """Return a frame in the working CRS."""
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=np.asarray(geometry, dtype=object), crs=CRS)


def _roads(skeleton: Skeleton, waters: Waters, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Name the roads; small ones end at the river, main ones cross it."""
    kinds = skeleton.road_class
    lines = skeleton.roads.copy()
    small = np.isin(kinds, ["street", "lane"])
    lines[small] = shapely.difference(lines[small], shapely.union(waters.river, waters.bank))
    for number in np.flatnonzero(kinds == "main"):
        lines[number] = _bridged(lines[number], waters)
    shores = shapely.intersection(
        shapely.get_parts(shapely.boundary(shapely.union(waters.river, waters.bank))),
        shapely.buffer(skeleton.outline, -1.0),
    )
    lines = np.append(lines, shapely.line_merge(shores))
    kinds = np.append(kinds, ["street"] * len(shores))
    known = words()
    names = np.full(len(lines), "", dtype=object)
    names[kinds == "ring"] = known["ring"]
    for kind in ("main", "street", "lane"):
        mine = np.flatnonzero(kinds == kind)
        names[mine] = pairs(known["road_first"], known["road_last"][kind], len(mine), rng)
    names[len(skeleton.roads) :] = known["shore"]
    avenues = np.flatnonzero(kinds == "avenue")
    names[avenues] = [known["avenues"][i % len(known["avenues"])] for i in range(len(avenues))]
    parts, home = shapely.get_parts(lines, return_index=True)
    long = shapely.length(parts) > 5  # noqa: PLR2004
    parts, home = shapely.set_precision(parts[long], STEP), home[long]
    return frame(
        {
            "road_code": [f"{DISTRICT_CODE}L{n:05d}" for n in range(1, len(parts) + 1)],
            "name": names[home],
            "class": [_ROAD_CLASS[k] for k in kinds[home]],
            "width_m": [ROAD_WIDTH_M[k] for k in kinds[home]],
        },
        parts,
    )


def _bridged(line: shapely.LineString, waters: Waters) -> shapely.LineString:
    """Carry a road that ends in the river on to the other bank."""
    points = shapely.get_coordinates(line)
    wet = shapely.union(waters.river, waters.bank)
    for end, before in ((0, 1), (-1, -2)):
        if not shapely.contains_xy(wet, *points[end]):
            continue
        ahead = points[end] - points[before]
        ray = shapely.linestrings([points[end], points[end] + ahead / np.hypot(*ahead) * 4000.0])
        across = shapely.get_parts(shapely.intersection(ray, wet))
        first = across[np.argmin(shapely.distance(across, shapely.points(points[end])))]
        far = shapely.get_coordinates(first)[-1]
        points = np.vstack([far, points]) if end == 0 else np.vstack([points, far])
    return shapely.linestrings(points)


def _water(skeleton: Skeleton, waters: Waters) -> dict[str, gpd.GeoDataFrame]:
    """Return water areas and lines."""
    moats = shapely.get_parts(waters.moat)
    parts = [*shapely.get_parts(waters.river), *moats, *waters.lakes]
    count = len(parts) - len(waters.lakes) - len(moats)
    parks = words()["parks"]
    river = words()["river"]
    area = frame(
        {
            "water_code": [f"{DISTRICT_CODE}W{n:04d}" for n in range(1, len(parts) + 1)],
            "name": [river] * count
            + [words()["moat"]] * len(moats)
            + [parks[n % len(parks)].replace("公园", "") + "湖" for n in range(len(waters.lakes))],
            "kind": ["river"] * count + ["canal"] * len(moats) + ["lake"] * len(waters.lakes),
        },
        np.array(parts, dtype=object),
    )
    lines = np.concatenate([shapely.get_parts(skeleton.river), shapely.get_parts(waters.moat_line)])
    count = shapely.get_num_geometries(skeleton.river)
    line = frame(
        {
            "water_code": [f"{DISTRICT_CODE}H{n:04d}" for n in range(1, len(lines) + 1)],
            "name": [river] * count + [words()["moat"]] * (len(lines) - count),
            "kind": ["river"] * count + ["canal"] * (len(lines) - count),
        },
        lines,
    )
    return {"emap_water": area, "emap_waterline": line}


def _green(levels: dict[str, gpd.GeoDataFrame], uses: np.ndarray, waters: Waters) -> gpd.GeoDataFrame:
    """Return parks, woods and the banks of the river, street by street."""
    lands = levels["grid_cell"].geometry.to_numpy()
    parks, woods = np.flatnonzero(uses == "park"), np.flatnonzero(uses == "woods")
    wet = shapely.union_all([*waters.lakes, waters.river])
    ground = shapely.difference(shapely.buffer(lands[np.concatenate([parks, woods])], -6), wet)
    banks = shapely.intersection(waters.bank, levels["grid_street"].geometry.to_numpy())
    parts, home = shapely.get_parts(np.concatenate([ground, banks, waters.squares]), return_index=True)
    keep = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & (shapely.area(parts) > 50)  # noqa: PLR2004
    parts, home = shapely.set_precision(parts[keep], STEP), home[keep]
    known = words()["parks"]
    label = [known[n % len(known)] for n in range(len(parks))] + [f"林地{n + 1}" for n in range(len(woods))]
    label += ["滨河绿带"] * len(banks) + ["街心花园"] * len(waters.squares)
    kind = ["park"] * len(parks) + ["wood"] * len(woods) + ["protective"] * len(banks)
    kind += ["square"] * len(waters.squares)
    return frame(
        {
            "green_code": [f"{DISTRICT_CODE}G{n:04d}" for n in range(1, len(parts) + 1)],
            "name": [label[i] for i in home],
            "kind": [kind[i] for i in home],
            "area_m2": shapely.area(parts).round(1),
        },
        parts,
    )


def _boundaries(levels: dict[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return the official boundaries of district, streets and communities."""
    named = {"grid_district": "district", "grid_street": "street", "grid_community": "community"}
    tables = [
        levels[layer].rename(columns={f"{level}_code": "division_code"}).assign(level=level)
        for layer, level in named.items()
    ]
    joined = pd.concat(tables, ignore_index=True)
    return joined[["division_code", "name", "level", "parent_code", "area_m2", "geometry"]]


def _compounds(
    cells: gpd.GeoDataFrame, uses: np.ndarray, yards: np.ndarray, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return residential compounds, schools, hospitals and works: one walled yard each."""
    mine = np.flatnonzero(np.isin(uses, list(_COMPOUND_CLASS)) & (shapely.area(yards) > 600))  # noqa: PLR2004
    known = words()
    homes = uses[mine] == "compound"
    names = np.full(len(mine), "", dtype=object)
    names[homes] = pairs(known["compound_first"], known["compound_last"], int(homes.sum()), rng)
    village = cells["name"].str.replace(r"(社区|村)?第\d+网格$", "", regex=True).to_numpy()
    ends = {
        "school": ("小学", "中学", "职业学校"),
        "hospital": ("医院", "中医院"),
        "industry": ("机械厂", "印刷厂", "物流园", "食品厂"),
    }
    for use, last in ends.items():
        chosen = np.flatnonzero(uses[mine] == use)
        names[chosen] = [village[mine[i]] + last[n % len(last)] for n, i in enumerate(chosen)]
    codes = cells["cell_code"].to_numpy()[mine]
    return frame(
        {
            "compound_code": [f"{code[:12]}Y{n:04d}" for n, code in enumerate(codes, 1)],
            "name": names,
            "class": [_COMPOUND_CLASS[u] for u in uses[mine]],
            "street_code": [c[:9] for c in codes],
            "community_code": [c[:12] for c in codes],
            "cell": mine,
        },
        shapely.set_precision(yards[mine], STEP),
    )


def _parcels(cells: gpd.GeoDataFrame, uses: np.ndarray, yards: np.ndarray) -> gpd.GeoDataFrame:
    """Return one parcel for the ground of each cell that may be built on."""
    label = {
        "compound": "城镇住宅用地",
        "old_town": "城镇住宅用地",
        "commercial": "商业用地",
        "office": "机关团体用地",
        "school": "教育用地",
        "hospital": "医疗卫生用地",
        "industry": "工业用地",
        "village": "农村宅基地",
        "farmland": "耕地",
        "park": "公园绿地",
        "woods": "林地",
    }
    some = np.flatnonzero(shapely.area(yards) > 100)  # noqa: PLR2004
    codes = cells["cell_code"].to_numpy()[some]
    return frame(
        {
            "parcel_code": [f"{code[:12]}GB{int(code[12:]):05d}" for code in codes],
            "use": [label[u] for u in uses[some]],
            "area_m2": shapely.area(yards[some]).round(2),
        },
        shapely.set_precision(yards[some], STEP),
    )
