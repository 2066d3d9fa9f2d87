"""Cities of courts along streets: many cells hang on one; what cannot be balanced does not spoil the others."""

import tracemalloc

import geopandas as gpd
import numpy as np
from shapely import box

from onemap import balance_cells
from onemap.grids.balance_exact import prove
from onemap.grids.balance_plan import Ground, Plan


def comb(side: int, *, courts: int, heavy: dict[int, int] | None = None) -> gpd.GeoDataFrame:
    """Return blocks, each one cell and a row of courts inside it that touch no other cell."""
    rng = np.random.default_rng(5)
    rows = []
    for at in range(side * side):
        x, y = 100 * (at // side), 100 * (at % side)
        inner = [box(x + 10 + 8 * i, y + 10, x + 16 + 8 * i, y + 90) for i in range(courts)]
        street = box(x, y, x + 100, y + 100)
        for shape in inner:
            street = street.difference(shape)
        loads = rng.integers(1, 4, courts + 1)
        loads[0] = (heavy or {}).get(at, loads[0])
        parts = zip(loads, [street, *inner], strict=True)
        rows += [(f"{at:03d}-{i}", int(load), shape) for i, (load, shape) in enumerate(parts)]
    return gpd.GeoDataFrame(
        {"cell_code": [row[0] for row in rows], "load": [row[1] for row in rows]},
        geometry=[row[2] for row in rows], crs="EPSG:4548",
    )  # fmt: skip


def test_blocks_move_with_what_hangs_on_them():
    cells = comb(10, courts=6)
    result = balance_cells(cells, load="load", groups=10)
    assert_connected(result, cells)
    least, more = divmod(int(cells["load"].sum()), 10)
    assert sorted(result.loads["load"]) == [least] * (10 - more) + [least + 1] * more  # no division is more even
    assert result.ok


def test_a_block_too_heavy_is_named_and_the_others_are_even():
    cells = comb(10, courts=6, heavy={44: 300})
    result = balance_cells(cells, load="load", groups=20)
    assert_connected(result, cells)
    own = cells.loc[cells["cell_code"].str.startswith("044-"), "load"].sum()
    loads = sorted(result.loads["load"])
    assert loads[-1] == own  # nothing is added to what is too heavy as it is
    rest = np.array(loads[:-1])
    assert abs(rest / rest.mean() - 1).max() <= 0.035
    assert result.impossible["kind"].tolist() == ["uneven"]
    assert "044-0" in result.impossible["reason"][0]
    assert str(own) in result.impossible["reason"][0]


def test_the_exhaustive_search_keeps_to_its_memory():
    """Far from an even plan nearly all sets of 32 cells could be groups: too many to list, so nothing is proved."""
    at = [(i // 6, i % 6) for i in range(32)]
    near = [[j for j in range(32) if abs(at[i][0] - at[j][0]) + abs(at[i][1] - at[j][1]) == 1] for i in range(32)]
    ground = Ground(
        groups=6, load=[10] * 32, people=[10] * 32, neighbours=near, border=[[100] * len(row) for row in near],
        place=np.array(at, dtype=float), pinned=[-1] * 32, before=[-1] * 32,
    )  # fmt: skip
    plan = Plan(ground, [min(i // 3, 5) for i in range(32)])
    tracemalloc.start()
    try:
        best = prove(plan)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 400e6
    assert not best.proved
    assert best.label == plan.label


def assert_connected(result, cells):
    assert result.groups.notna().all()
    assert (result.loads["parts"] == 1).all()
    assert result.loads["load"].sum() == cells["load"].sum()
