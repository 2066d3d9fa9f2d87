"""Names and addresses of the sample city, and what is found there: points of interest, units, population."""

import geopandas as gpd
import numpy as np
import shapely

from .land import frame
from .names import credit_codes, pairs, words
from .plan import DISTRICT_CODE, DISTRICT_NAME, snap


def name_buildings(
    buildings: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, compounds: gpd.GeoDataFrame, streets: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Give every building an address (road and door, or compound and block) and most their name."""
    spots = shapely.centroid(buildings.geometry.to_numpy())
    named = roads[(roads["name"] != "").to_numpy()]
    lines = named.geometry.to_numpy()
    nearest = shapely.STRtree(lines).nearest(spots)
    along = shapely.line_locate_point(lines[nearest], spots)
    foot = shapely.get_coordinates(shapely.line_interpolate_point(lines[nearest], along))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(lines[nearest], along + 1.0)) - foot
    away = shapely.get_coordinates(spots) - foot
    left = ahead[:, 0] * away[:, 1] - ahead[:, 1] * away[:, 0] > 0
    door = 2 * (along // 9).astype(int) + 1 + left
    street_name = dict(zip(streets["street_code"], streets["name"], strict=True))
    in_compound = dict(zip(compounds["cell"], compounds["name"], strict=True))
    block = buildings.groupby("cell").cumcount().to_numpy() + 1
    codes = buildings["building_code"].to_numpy()
    road = named["name"].to_numpy()[nearest]
    table = buildings.copy()
    compound = [in_compound.get(cell, "") for cell in buildings["cell"]]
    table["name"] = [f"{c}{n}号楼" if c else "" for c, n in zip(compound, block, strict=True)]
    table["address"] = [
        f"{DISTRICT_NAME}{street_name[code[:9]]}" + (f"{c}{n}号楼" if c else f"{r}{d}号")
        for code, c, n, r, d in zip(codes, compound, block, road, door, strict=True)
    ]
    table["road"], table["door"] = road, door
    return table


def make_places(
    buildings: gpd.GeoDataFrame,
    land: dict[str, gpd.GeoDataFrame],
    levels: dict[str, gpd.GeoDataFrame],
    rng: np.random.Generator,
) -> dict[str, gpd.GeoDataFrame]:
    """Return names, addresses, points of interest, units and population by layer id."""
    spots = shapely.points(snap(shapely.get_coordinates(shapely.centroid(buildings.geometry.to_numpy()))))
    return {
        "place_name": _names(land, levels),
        "place_address": _addresses(buildings, spots),
        "emap_poi": _pois(buildings, levels, rng),
        "econ_unit": _units(buildings, spots, rng),
        "econ_population": _population(buildings, spots, rng),
    }


def _names(land: dict[str, gpd.GeoDataFrame], levels: dict[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return standard names of quarters, compounds, parks, waters and main roads as points."""
    roads = land["emap_road"][land["emap_road"]["class"].isin(["expressway", "arterial", "secondary"])]
    green = land["emap_green"][land["emap_green"]["kind"] == "park"]
    parts = (
        (levels["grid_community"], "quarter"),
        (land["frame_compound"], "estate"),
        (green, "poi"),
        (land["emap_water"], "tract"),
        (roads, "street"),
    )
    names = np.concatenate([part["name"].to_numpy() for part, _ in parts])
    spots = np.concatenate([shapely.point_on_surface(part.geometry.to_numpy()) for part, _ in parts])
    return frame(
        {
            "place_code": [f"{DISTRICT_CODE}D{n:05d}" for n in range(1, len(names) + 1)],
            "name": names,
            "kind": np.repeat([kind for _, kind in parts], [len(part) for part, _ in parts]),
        },
        shapely.points(snap(shapely.get_coordinates(spots))),
    )


def _addresses(buildings: gpd.GeoDataFrame, spots: np.ndarray) -> gpd.GeoDataFrame:
    """Return one standard address for each building."""
    codes = buildings["building_code"]
    return frame(
        {
            "address_code": "DZ" + codes,
            "address": buildings["address"],
            "road_name": buildings["road"],
            "door_number": buildings["door"].astype(str) + "号",
            "building_code": codes,
            "community_code": codes.str[:12],
        },
        spots,
    )


def _pois(
    buildings: gpd.GeoDataFrame, levels: dict[str, gpd.GeoDataFrame], rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return shops and services: in commercial buildings, and some on the ground floor of others."""
    shops = words()["shops"]
    chance = np.where(buildings["use"] == "commerce", 0.9, np.where(buildings["use"] == "residential", 0.05, 0.3))
    street = buildings["building_code"].str[:9]
    always = buildings.groupby(street).cumcount().to_numpy() % 400 == 0  # at least one in every street
    mine = np.flatnonzero((rng.random(len(buildings)) < chance) | always)
    kinds = np.array(list(shops))
    kind = rng.choice(kinds, size=len(mine), p=np.array([30, 28, 8, 8, 6, 5, 7, 8]) / 100)
    community = dict(zip(levels["grid_community"]["community_code"], levels["grid_community"]["name"], strict=True))
    codes = buildings["building_code"].to_numpy()[mine]
    stem = [community[c[:12]].removesuffix("社区").removesuffix("村") for c in codes]
    pick = rng.integers(100, size=len(mine))
    name = [s + shops[k][n % len(shops[k])] for s, k, n in zip(stem, kind, pick, strict=True)]
    within = shapely.point_on_surface(buildings.geometry.to_numpy()[mine])
    return frame(
        {
            "poi_code": [f"{DISTRICT_CODE}P{n:05d}" for n in range(1, len(mine) + 1)],
            "name": name,
            "kind": kind,
            "address": buildings["address"].to_numpy()[mine],
        },
        shapely.points(snap(shapely.get_coordinates(within))),
    )


def _units(buildings: gpd.GeoDataFrame, spots: np.ndarray, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return registered units with right credit codes, mostly where people work."""
    chance = np.where(buildings["use"].isin(["commerce", "office", "industry"]), 0.95, 0.05)
    chance = np.where(buildings["use"].isin(["education", "health"]), 0.6, chance)
    always = buildings.groupby(buildings["building_code"].str[:9]).cumcount().to_numpy() % 400 == 0
    mine = np.flatnonzero((rng.random(len(buildings)) < chance) | always)
    trades = np.array(words()["unit_trades"])
    first = pairs(words()["compound_first"], words()["road_first"], len(mine), rng)
    trade = rng.choice(trades, size=len(mine))
    alone = rng.random(len(mine)) < 0.4  # noqa: PLR2004
    use = buildings["use"].to_numpy()[mine]
    kind = np.where(
        use == "education",
        "school",
        np.where(use == "health", "hospital", np.where(alone, "self_employed", "enterprise")),
    )
    end = {"school": "学校", "hospital": "医院", "self_employed": "经营部", "enterprise": "有限公司"}
    return frame(
        {
            "unit_code": credit_codes(DISTRICT_CODE, len(mine), rng),
            "name": [f"{DISTRICT_NAME}{f}{t}{end[k]}" for f, t, k in zip(first, trade, kind, strict=True)],
            "kind": kind,
            "industry": trade,
            "staff": np.maximum(rng.lognormal(2.3, 1.0, len(mine)).astype(int), 1),
            "address": buildings["address"].to_numpy()[mine],
            "community_code": buildings["building_code"].str[:12].to_numpy()[mine],
        },
        spots[mine],
    )


def _population(buildings: gpd.GeoDataFrame, spots: np.ndarray, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return households and residents counted at each inhabited building; never a person."""
    homes = np.flatnonzero(buildings["residents"].to_numpy() > 0)
    residents = buildings["residents"].to_numpy()[homes]
    codes = buildings["building_code"].to_numpy()[homes]
    return frame(
        {
            "population_code": [f"RK{code}" for code in codes],
            "households": buildings["households"].to_numpy()[homes],
            "residents": residents,
            "residents_60": rng.binomial(residents, 0.21),
            "floating": rng.binomial(residents, 0.24),
            "building_code": codes,
            "community_code": [code[:12] for code in codes],
        },
        spots[homes],
    )
