"""The four grid levels of the sample city, with codes and names: district, street, community, cell."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .city import STREETS, Skeleton
from .names import words
from .plan import CRS, DISTRICT_CODE, DISTRICT_NAME

EXCLUSIVE = ("park", "school", "hospital", "industry")
"""Uses whose cells are kept whole as exclusive grids (专属网格)."""
LAND_USE = {
    "compound": "0701",
    "old_town": "0701",
    "commercial": "0901",
    "office": "0801",
    "school": "0804",
    "hospital": "0806",
    "industry": "1001",
    "village": "0703",
    "farmland": "0101",
    "park": "1401",
    "woods": "0301",
}
"""Codes of the national land-use classes."""
VALID_FROM = dt.date(2024, 1, 1)


def make_levels(skeleton: Skeleton) -> tuple[dict[str, gpd.GeoDataFrame], np.ndarray]:
    """Return the frames of the levels, coarse to fine, in the order of their codes, and the use of each cell."""
    community_code, community_name = _communities(skeleton)
    codes = np.array([community_code[c] for c in skeleton.community])
    serial = np.empty(len(codes), dtype=int)
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        serial[rows[_reading_order(skeleton.cells[rows])]] = np.arange(1, len(rows) + 1)
    cell_codes = np.char.add(codes, np.char.zfill(serial.astype(str), 3))
    order = np.argsort(cell_codes)
    cells = skeleton.cells[order]
    street_of = np.array([code[:9] for code in codes[order]])
    names = {DISTRICT_CODE + street.code: street.name for street in STREETS}
    streets = np.unique(street_of)
    communities = np.unique(codes)
    use = skeleton.use[order]
    levels = {
        "grid_district": _level(
            "district",
            np.array([DISTRICT_CODE]),
            [DISTRICT_NAME],
            [DISTRICT_CODE[:4]],
            np.array([shapely.coverage_union_all(cells)]),
        ),
        "grid_street": _level(
            "street",
            streets,
            [names[c] for c in streets],
            [DISTRICT_CODE] * len(streets),
            _joined(cells, street_of, streets),
        ),
        "grid_community": _level(
            "community",
            communities,
            [community_name[c] for c in communities],
            [c[:9] for c in communities],
            _joined(cells, codes[order], communities),
        ),
        "grid_cell": _level(
            "cell",
            cell_codes[order],
            [f"{community_name[c[:12]]}第{int(c[12:])}网格" for c in cell_codes[order]],
            [c[:12] for c in cell_codes[order]],
            cells,
            kind=np.where(np.isin(use, EXCLUSIVE), "exclusive", "basic"),
        ).assign(land_use=[LAND_USE[u] for u in use]),
    }
    return levels, use


def _communities(skeleton: Skeleton) -> tuple[dict[int, str], dict[str, str]]:
    """Return the codes of the communities, in reading order within each street, and their names by code."""
    code_of: dict[int, str] = {}
    name_of: dict[str, str] = {}
    for number, street in enumerate(STREETS):
        mine = np.unique(skeleton.community[skeleton.street == number])
        spots = np.array(
            [shapely.coverage_union_all(skeleton.cells[skeleton.community == c]) for c in mine], dtype=object
        )
        for serial, position in enumerate(_reading_order(spots) if len(mine) else []):
            village = street.code >= "100" and serial > 0
            code = f"{DISTRICT_CODE}{street.code}{(200 + serial - 1) if village else serial + 1:03d}"
            stem = words()["communities"][street.code][serial % 12] + ("二" if serial >= 12 else "")  # noqa: PLR2004
            code_of[int(mine[position])] = code
            name_of[code] = stem + ("村" if village else "社区")
    return code_of, name_of


def _reading_order(lands: np.ndarray) -> np.ndarray:
    """Return the order north to south in bands, west to east within a band."""
    middle = shapely.get_coordinates(shapely.centroid(lands))
    height = np.sqrt(np.median(shapely.area(lands)))
    band = np.floor((middle[:, 1].max() - middle[:, 1]) / height)
    return np.lexsort((middle[:, 0], band))


def _joined(cells: np.ndarray, home: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the union of the cells of each code; all shared vertices are kept."""
    return np.array([shapely.coverage_union_all(cells[home == code]) for code in codes], dtype=object)


def _level(
    level: str,
    codes: np.ndarray,
    names: list[str],
    parents: list[str],
    lands: np.ndarray,
    *,
    kind: np.ndarray | None = None,
) -> gpd.GeoDataFrame:
    """Return the frame of one level."""
    table = pd.DataFrame(
        {
            f"{level}_code": codes.astype(object),
            "name": names,
            "parent_code": parents,
            "area_m2": np.round(shapely.area(lands), 2),
            "valid_from": VALID_FROM,
            **({} if kind is None else {"kind": kind.astype(object)}),
        }
    )
    return gpd.GeoDataFrame(table, geometry=shapely.normalize(lands), crs=CRS)
