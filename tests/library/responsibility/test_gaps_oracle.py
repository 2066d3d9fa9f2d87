"""The gaps and conflicts of small random matrices against brute force: who answers at points and at minutes."""

import datetime as dt
import random
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from onemap.responsibility.gaps import CONFLICTS, GapOptions, find_vacancies, gap_intervals
from onemap.responsibility.matrix import ResponsibilityMatrix
from tests.library.responsibility.cities import draw_city, make_matrix

CRS = "EPSG:4548"
START, END = dt.datetime.fromisoformat("2026-09-30T06:00"), dt.datetime.fromisoformat("2026-10-03T03:30")
AGENCIES = ("城管", "公安", "")
MATTERS = ("05", "0501", "02", "*")
PARTS = ("in_charge", "owner", "maintainer", "territorial")


def frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


def boxes(rng, count, size=40):
    left = rng.integers(0, size - 8, (count, 2)) / 1.0
    right = left + rng.integers(4, 25, (count, 2))
    return shapely.box(left[:, 0], left[:, 1], right[:, 0], right[:, 1])


def days(rng, count):
    """Return days around the window, many of them empty."""
    found = [None, dt.date(2026, 9, 1), dt.date(2026, 9, 30), dt.date(2026, 10, 1), dt.date(2026, 10, 2)]
    return [found[at] for at in rng.choice(5, count, p=[0.5, 0.2, 0.1, 0.1, 0.1])]


def random_matrix(seed):
    rng = np.random.default_rng(seed)
    cuts = [0, 11, 20, 31, 40]
    shapes = [shapely.box(x0, y0, x1, y1) for y0, y1 in pairwise(cuts) for x0, x1 in pairwise(cuts)]
    keep = rng.random(16) < 0.9
    codes = [f"s{n // 8}c{n:02d}" for n in range(16)]
    cells = frame(np.array(shapes)[keep], cell_code=np.array(codes)[keep], kind=rng.choice(["base", "exclusive"], keep.sum()),
                  parent_code=[code[:2] for code in np.array(codes)[keep]])  # fmt: skip
    streets = frame([shapely.box(0, 0, 40, 20), shapely.box(0, 20, 40, 40)], street_code=["s0", "s1"])
    count = int(rng.integers(3, 7))
    grids = frame(boxes(rng, count), duty_code=[f"g{n}" for n in range(count)], agency=rng.choice(AGENCIES[:2], count),
                  valid_from=days(rng, count))  # fmt: skip
    compounds = frame(boxes(rng, 2), compound_code=["k0", "k1"])
    scopes = ["grid_cell", "grid_street", "duty_grid"]
    n = int(rng.integers(3, 9))
    duties = pd.DataFrame(
        {
            "duty_code": [f"D{at}" for at in range(n)],
            "agency": rng.choice(AGENCIES, n),
            "matters": rng.choice(MATTERS, n),
            "condition": rng.choice(["", "", "", "in_compound", "!in_compound", "grid_cell.kind=exclusive"], n),
            "scope": rng.choice(scopes, n),
            "scope_code": rng.choice(["*", "*", "s0*", "s1c09", "g1", "s0"], n),
            "part": rng.choice(PARTS, n, p=[0.5, 0.1, 0.1, 0.3]),
            "role": rng.choice(["", "", "grid_worker"], n),
            "shift": rng.choice(["", "", "", "day", "night"], n),
            "rank": rng.integers(0, 2, n),
            "valid_to": days(rng, n),
        }
    )
    h = int(rng.integers(5, 40))
    holders = pd.DataFrame(
        {
            "holder_code": [f"Z{at:02d}" for at in range(h)],
            "name": [f"人{at}" for at in range(h)],
            "role": rng.choice(["grid_worker", "grid_head"], h),
            "grid_code": rng.choice([*cells["cell_code"], *grids["duty_code"], *grids["duty_code"], "s0", "s1"], h),
            "agency": rng.choice(["", "", "城管", "公安"], h),
            "shift": rng.choice(["", "day", "night", "holiday"], h),
            "deputy": rng.choice([0, 0, 0, 1], h),
            "valid_from": days(rng, h),
            "valid_to": days(rng, h),
        }
    )
    shifts = pd.DataFrame(
        {
            "shift_code": ["day", "night", "holiday"],
            "days": ["workday,weekend", "*", "holiday"],
            "start": ["08:00", "18:00", "09:30"],
            "end": ["18:00", "07:15", "16:00"],
        }
    )
    calendar = pd.DataFrame({"date": ["2026-10-01", "2026-10-02"], "kind": ["holiday", "holiday"]})
    return ResponsibilityMatrix(
        {"grid_street": streets, "grid_cell": cells}, duties, holders,
        duty_grids=grids, shifts=shifts, calendar=calendar, compounds=compounds,
    )  # fmt: skip


def brute(matrix, x, y, matter, at):
    """Return the state of each part, or of the spot where no duty counts."""
    answer = matrix.who(x=x, y=y, matter=None if matter == "*" else matter, at=at)
    if not answer.chain:  # no land of the district, whatever an agency's grid reaches over
        return {}
    if answer.state == "nobody":
        return {"": answer.state}
    return {part: found.state for part, found in answer.parts.items()}


def told(tables, spans, point, matter, at):
    """Return what the tables say of a point, a matter and a moment."""
    found = {}
    for table, span in zip(tables, spans, strict=True):
        inside = table.geometry.intersects(point) & table["matters"].str.split(", ").map(
            lambda named: matter in named
        ).astype(bool)
        for label in table.index[inside]:
            times = span[span["gap"] == label]
            if ((times["from"] <= at) & (at < times["to"])).any():
                row = table.loc[label]
                state = "conflict" if row["cause"] in CONFLICTS else "nobody" if row["cause"] == "nobody" else "vacant"
                assert row["part"] not in found, "said twice"
                found[row["part"]] = state
    return found


@pytest.mark.parametrize("seed", range(24))
def test_gaps_are_what_who_says_at_every_point_and_minute(seed):
    matrix = random_matrix(seed)
    tables = find_vacancies(matrix, GapOptions(start=START, end=END))
    spans = [gap_intervals(table) for table in tables]
    asked = sorted({pattern.code or "*" for pattern in matrix.rules.patterns})
    rng = np.random.default_rng(seed + 1000)
    turns = [START, END - dt.timedelta(minutes=1)]
    minutes = int((END - START).total_seconds() // 60)
    turns += [START + dt.timedelta(minutes=int(m)) for m in rng.integers(0, minutes, 14)]
    for day in range(4):
        for hour, minute in ((0, 0), (7, 14), (7, 15), (8, 0), (9, 30), (15, 59), (16, 0), (18, 0), (23, 59)):
            at = START.replace(hour=0) + dt.timedelta(days=day, hours=hour, minutes=minute)
            turns += [at] if START <= at < END else []
    checked = 0
    for x, y in rng.uniform(-2, 42, (8, 2)):
        point = shapely.Point(x, y)
        for matter in asked:
            for at in turns:
                said = told(tables, spans, point, matter, at)
                truth = {part: state for part, state in brute(matrix, x, y, matter, at).items() if state != "held"}
                assert said == truth, (x, y, matter, at)
                checked += 1
    assert checked or not asked


@pytest.mark.parametrize("seed", range(24, 30))
def test_gaps_of_drawn_cities_with_roads_and_versions(seed):
    rng = random.Random(seed)
    matrix = make_matrix(draw_city(rng) | {"road_near_m": 0})
    tables = find_vacancies(matrix, GapOptions(start=START, end=END))
    spans = [gap_intervals(table) for table in tables]
    asked = sorted({pattern.code or "*" for pattern in matrix.rules.patterns if pattern.kind in ("", "matter")}) or [
        "*"
    ]
    minutes = int((END - START).total_seconds() // 60)
    for _ in range(15):
        x, y, matter = rng.uniform(-0.5, 12.5), rng.uniform(-0.5, 8.5), rng.choice(asked)
        for _ in range(10):
            at = START + dt.timedelta(minutes=rng.randrange(minutes))
            truth = {part: state for part, state in brute(matrix, x, y, matter, at).items() if state != "held"}
            assert told(tables, spans, shapely.Point(x, y), matter, at) == truth, (x, y, matter, at)
