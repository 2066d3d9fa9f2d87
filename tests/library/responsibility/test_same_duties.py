"""Same cell, same duties: cells whose duties are not those of their peers, beside an oracle of plain areas."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from shapely import box, union_all

from onemap.domain.duties import DUTY_GRID
from onemap.responsibility import ResponsibilityMatrix
from onemap.responsibility.same_duties import find_unlike
from onemap.responsibility.survey import ground_of
from onemap.translation import translate
from tests.library.responsibility.test_gaps import frame
from tests.library.responsibility.test_gaps_oracle import START, random_matrix

DAY = "2026-09-28"
LANDS = [box(10 * n, 0, 10 * n + 10, 10) for n in range(5)]
CODES = list("abcde")


def unlike(duties, **tables):
    cells = frame(LANDS, cell_code=CODES, kind=tables.pop("kind", ["base"] * 5))
    table = pd.DataFrame(duties).assign(duty_code=[f"D{n}" for n in range(len(duties))])
    found = ResponsibilityMatrix({"grid_cell": cells}, table, **tables).conflicts(start=DAY)
    return found[found["cause"] == "unlike"]


def test_a_cell_without_the_duty_of_its_peers_and_one_with_a_duty_of_its_own():
    duties = [{"matters": "05", "agency": "城管", "scope_code": code} for code in "abcd"]
    found = unlike([*duties, {"matters": "02", "agency": "公安", "scope_code": "b"}, {"matters": "01"}])
    assert found[["agency", "part", "matters", "scope", "cells", "area_m2"]].to_numpy().tolist() == [
        ["公安", "in_charge", "02", "grid_cell", "b", 100.0],
        ["城管", "in_charge", "05", "grid_cell", "e", 100.0],
    ]
    assert found["reason"].tolist() == [
        "b have a duty of 公安 for 02, which 4 of 5 cells of their kind have not",
        "e have no duty of 城管 for 05, as 4 of 5 cells of their kind have",
    ]
    assert [translate(text, "zh") for text in found["reason"]] == [
        "网格 b 有 公安 对事项 02 的责任，而同类网格 5 个中有 4 个没有",
        "网格 e 没有 城管 对事项 05 的责任，而同类网格 5 个中有 4 个有",
    ]
    assert all(translate(text, "zh") != text for text in found["who_could_close"])


def test_the_greater_part_of_a_cell_decides():
    grids = frame([box(0, 0, 26, 10), box(26, 0, 44, 10)], duty_code=["g", "h"], agency="公安", name="")
    found = unlike([{"matters": "06", "scope": "duty_grid", "agency": "公安"}], duty_grids=grids)
    assert found[["agency", "cells"]].to_numpy().tolist() == [["公安", "e"]]  # 40 percent of it


def test_cells_of_another_kind_are_no_peers():
    duties = [{"matters": "05"}, {"matters": "02", "condition": "exclusive"}]
    kind = ["base", "exclusive", "exclusive", "base", "exclusive"]
    assert unlike(duties, kind=kind).empty
    assert unlike([*duties, {"matters": "03", "scope_code": "c"}], kind=kind)["cells"].tolist() == ["c"]


def test_roads_shifts_and_duties_of_another_day_make_no_cell_unlike():
    duties = [
        {"matters": "05", "scope": "grid_cell", "valid_to": None},
        {"matters": "05", "condition": "on_road", "scope_code": "a"},
        {"matters": "06", "scope_code": "b", "valid_to": "2026-09-27"},
    ]
    assert unlike(duties).empty


def shares_of(matrix, duty, cell, grids, streets):
    """Return by agency how much of a cell a duty is tied to."""
    start = duty.scope_code.rstrip("*")
    known = {DUTY_GRID: [g for _, g, _, _ in grids], "grid_street": list(streets)}

    def named(code, scope):
        whole = duty.scope_code in known.get(scope, matrix.land.known["grid_cell"])
        return code == duty.scope_code if whole else code.startswith(start)

    if duty.scope == "grid_cell":
        return {duty.agency: float(named(cell["cell_code"], "grid_cell"))}
    if duty.scope == "grid_street":
        return {duty.agency: float(named(cell["parent_code"], "grid_street"))}
    found = {}
    for agency in {a for a, _, _, _ in grids if duty.agency in ("", a)}:
        known[DUTY_GRID] = [g for a, g, _, _ in grids if a == agency]
        shapes = [s for a, g, s, there in grids if a == agency and there and named(g, DUTY_GRID)]
        found[agency] = union_all(shapes).intersection(cell.geometry).area / cell.geometry.area
    return found


@pytest.mark.parametrize("seed", range(40))
def test_as_plain_areas_say(seed):
    matrix = random_matrix(seed)
    day = START.date()
    cells = matrix.land._areas["grid_cell"].frame
    streets = matrix.land.known["grid_street"]
    grids = [
        (row.agency, row.duty_code, row.geometry, row.valid_from is None or row.valid_from <= day)
        for channel, dated in matrix.land._areas.items()
        if channel.startswith(DUTY_GRID)
        for row in dated.frame.astype({"valid_from": object}).replace({np.nan: None, pd.NaT: None}).itertuples()
    ]
    rules = {rule.duty.duty_code: rule for bucket in matrix.rules._buckets for rs in bucket.values() for rule, _ in rs}
    expected = {}
    for _, cell in cells.iterrows():
        facts = {f"grid_cell.kind={cell['kind']}"}
        mine = set()
        for rule in rules.values():
            duty = rule.duty
            if "in_compound" in duty.condition or not rule.condition.holds(facts):
                continue
            if duty.valid_to is not None and duty.valid_to < day:
                continue
            for agency, share in shares_of(matrix, duty, cell, grids, streets).items():
                mine |= {(duty.part, agency, duty.matters)} if share > 0.5 else set()
        expected[cell["cell_code"]] = (frozenset(mine), cell["kind"])
    by_kind = any("kind" in rule.duty.condition for rule in rules.values())
    told = {}
    for one in find_unlike(matrix, ground_of(matrix, START.toordinal())):
        for code in one.codes:
            told.setdefault(code, set()).update((one.part, one.agency, matter) for matter in one.matters)
    for kind in ("base", "exclusive") if by_kind else (None,):
        peers = {code: mine for code, (mine, k) in expected.items() if kind in (None, k)}
        sets = Counter(peers.values())
        usual = min(sets, key=lambda one: (-sets[one], -len(one), sorted(one)), default=frozenset())
        for code, mine in peers.items():
            assert told.get(code, set()) == mine ^ usual
