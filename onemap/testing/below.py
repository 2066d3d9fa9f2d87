"""Under and along the roads of the sample city: pipes, underground spaces and city components."""

import geopandas as gpd
import numpy as np
import shapely

from .land import frame
from .names import words
from .plan import DISTRICT_CODE, STEP, Plan, snap

PIPES = (
    ("water", 1.4, (200, 300, 400, 600), "球墨铸铁", "青禾自来水公司", -0.18),
    ("sewage", 3.2, (300, 400, 600, 800), "混凝土", "青禾排水集团", 0.05),
    ("storm", 2.4, (400, 600, 1000, 1200), "混凝土", "青禾排水集团", 0.16),
    ("gas", 1.1, (110, 160, 200, 315), "PE", "青禾燃气公司", -0.32),
    ("power", 0.9, (100, 150, 175, 200), "铜缆", "青禾供电公司", 0.36),
    ("telecom", 0.8, (90, 100, 110, 114), "PVC", "青禾通信公司", -0.40),
    ("heat", 1.8, (300, 500, 600, 800), "钢", "青禾热力公司", 0.27),
)
"""Kind, usual depth (m), diameters (mm), material, owner, place across the road as share of its width."""
COMPONENTS = (
    ("0102", "污水井盖", 40.0, 0.05, "青禾排水集团"),
    ("0103", "雨水井盖", 40.0, 0.16, "青禾排水集团"),
    ("0101", "上水井盖", 90.0, -0.18, "青禾自来水公司"),
    ("0111", "燃气井盖", 110.0, -0.32, "青禾燃气公司"),
    ("0118", "路灯", 35.0, 0.46, "区路灯管理中心"),
    ("0113", "消防设施", 120.0, 0.43, "区消防救援支队"),
    ("0305", "垃圾箱", 80.0, -0.46, "区环卫中心"),
    ("0209", "交通标志牌", 200.0, 0.44, "公安交管大队"),
    ("0402", "行道树", 60.0, -0.48, "区园林绿化局"),
)
"""Class, name, spacing along main roads (m), place across the road, owner."""


def make_below(
    plan: Plan,
    *,
    roads: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    compounds: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> dict[str, gpd.GeoDataFrame]:
    """Return pipes, underground spaces and components by layer id."""
    return {
        "underground_pipe": _pipes(roads, rng),
        "underground_space": _spaces(plan, roads, buildings, compounds, rng),
        "frame_component": _components(roads, cells, rng),
    }


def _pipes(roads: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Lay pipes beside the centre line of every road that carries traffic."""
    wide = roads[~roads["class"].isin(["lane"])]
    lines, width = wide.geometry.to_numpy(), wide["width_m"].to_numpy()
    parts: dict[str, list[object]] = {
        name: [] for name in ("kind", "depth_m", "diameter_mm", "material", "owner_name", "line")
    }
    for kind, depth, diameters, material, owner, across in PIPES:
        laid = shapely.offset_curve(lines, across * width, join_style="mitre")
        laid, home = shapely.get_parts(laid, return_index=True)
        long = shapely.length(laid) > 10  # noqa: PLR2004
        laid, home = laid[long], home[long]
        parts["line"].extend(shapely.set_precision(laid, STEP))
        size = np.clip((width[home] / 12).astype(int), 0, 3)
        parts["kind"].extend([kind] * len(laid))
        parts["depth_m"].extend(np.round(depth + rng.normal(0, 0.15, len(laid)), 2))
        parts["diameter_mm"].extend(np.array(diameters)[size])
        parts["material"].extend([material] * len(laid))
        parts["owner_name"].extend([owner] * len(laid))
    laid = np.array(parts.pop("line"), dtype=object)
    return frame({"pipe_code": [f"{DISTRICT_CODE}GX{n:06d}" for n in range(1, len(laid) + 1)], **parts}, laid)


def _spaces(
    plan: Plan,
    roads: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    compounds: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Return garages under compounds, shelters and shops under buildings, passages and a metro line under roads."""
    garages = compounds[(compounds["class"] == "R") & (rng.random(len(compounds)) < 0.3)]  # noqa: PLR2004
    deep = buildings[(buildings["floors"] >= 9) & (rng.random(len(buildings)) < 0.12)]  # noqa: PLR2004
    malls = buildings[(buildings["use"] == "commerce") & (rng.random(len(buildings)) < 0.12)]  # noqa: PLR2004
    metro = roads[roads["class"] == "arterial"]
    crossing = roads[roads["class"].isin(["arterial", "secondary"])]
    middle = shapely.line_interpolate_point(crossing.geometry.to_numpy(), 0.5, normalized=True)
    parts = (
        ("parking", "地下车库", 4.5, shapely.buffer(garages.geometry.to_numpy(), -4), garages["name"]),
        ("shelter", "人防工程", 6.0, deep.geometry.to_numpy(), deep["name"]),
        ("commerce", "地下商业", 5.0, malls.geometry.to_numpy(), malls["road"]),
        ("passage", "地下通道", 4.0, shapely.buffer(middle, 14, cap_style="square"), crossing["name"]),
        (
            "metro",
            "地铁区间",
            18.0,
            shapely.buffer(metro.geometry.to_numpy(), 0.002 * plan.radius_m + 5),
            metro["name"],
        ),
    )
    lands = np.concatenate([lands for _, _, _, lands, _ in parts])
    pieces, home = shapely.get_parts(lands, return_index=True)
    large = shapely.area(pieces) > 60  # noqa: PLR2004
    pieces, home = shapely.set_precision(pieces[large], STEP), home[large]
    names = [owner + label for _, label, _, _, owners in parts for owner in owners]
    uses = [use for use, _, _, lands, _ in parts for _ in lands]
    depths = [depth for _, _, depth, lands, _ in parts for _ in lands]
    return frame(
        {
            "space_code": [f"{DISTRICT_CODE}DX{n:05d}" for n in range(1, len(pieces) + 1)],
            "name": [names[i] for i in home],
            "depth_m": np.round(np.array(depths)[home] + rng.uniform(-0.5, 1.5, len(home)), 1),
            "use": [uses[i] for i in home],
            "area_m2": shapely.area(pieces).round(1),
        },
        pieces,
    )


def _components(roads: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Set manholes, lamps, hydrants, bins, signs and trees along the wider roads; codes of 16 digits (CJ/T 214)."""
    wide = roads[~roads["class"].isin(["lane"])]
    lines, width, length = (
        wide.geometry.to_numpy(),
        wide["width_m"].to_numpy(),
        shapely.length(wide.geometry.to_numpy()),
    )
    spots: list[np.ndarray] = []
    classes: list[str] = []
    names: list[str] = []
    owners: list[str] = []
    serials: list[int] = []
    for code, name, spacing, across, owner in COMPONENTS:
        number = np.maximum((length / spacing / 2.2).astype(int), 1)
        home = np.repeat(np.arange(len(lines)), number)
        along = rng.random(len(home)) * length[home]
        foot = shapely.get_coordinates(shapely.line_interpolate_point(lines[home], along))
        ahead = shapely.get_coordinates(shapely.line_interpolate_point(lines[home], along + 0.5)) - foot
        size = np.maximum(np.hypot(*ahead.T), 1e-9)[:, None]
        spots.append(foot + across * width[home][:, None] * np.column_stack([-ahead[:, 1], ahead[:, 0]]) / size)
        classes.extend([code] * len(home))
        names.extend([name] * len(home))
        owners.extend([owner] * len(home))
        serials.extend(range(1, len(home) + 1))
    points = shapely.points(snap(np.concatenate(spots)))
    at, cell = shapely.STRtree(cells.geometry.to_numpy()).query(points, predicate="within")
    state = rng.choice(["intact", "damaged", "lost"], size=len(at), p=[0.965, 0.03, 0.005])
    codes = cells["cell_code"].to_numpy()[cell]
    return frame(
        {
            "component_code": [f"{DISTRICT_CODE}{classes[i]}{serials[i]:06d}" for i in at],
            "class_code": [classes[i] for i in at],
            "name": [names[i] for i in at],
            "in_charge_name": "区城市管理局",
            "owner_name": [owners[i] for i in at],
            "maintainer_name": [words()["river"][:2] + "市政养护公司"] * len(at),
            "cell_code": codes,
            "state": state,
        },
        points[at],
    )
