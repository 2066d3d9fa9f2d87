"""The pages on division, responsibility, hours and versions: there when the map holds them, exact, in both languages."""

import datetime as dt
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from onemap.domain.work_calendar import WorkCalendar
from onemap.report.hours import DAY, DAY_HOURS, NIGHT, Clock, Gap, Hours, gaps_of, spans_of
from onemap.report.html import write_report

from .conftest import at, layer, make_map

CODES = [f"11012000100{number}" for number in range(1, 9)]
PAGES = ("division", "changes", "responsibility", "hours")
MONDAY = dt.datetime(2026, 6, 22)  # noqa: DTZ001 - local time, as gaps are published


def duty_gap(**columns):
    """Return two duty gaps: the police by night on the western half, sanitation always on one cell."""
    nights = " ".join(
        f"{(MONDAY + dt.timedelta(days=day, hours=18)).isoformat()}/{(MONDAY + dt.timedelta(days=day + 1, hours=8)).isoformat()}"
        for day in range(6)
    )
    week = f"{MONDAY.isoformat()}/{(MONDAY + dt.timedelta(days=7)).isoformat()}"
    return layer(
        [at(0, 0, 1000, 1000), at(1500, 0, 2000, 500)],
        gap_id=["time-1", "duty-1"], kind=["time", "duty"], cause=["off_shift", "vacant"],
        agency=["公安分局", "环卫中心"], part=["in_charge"] * 2, matters=["01, 02, 03, 04, 05", "*"],
        scope=["duty_grid", "grid_cell"], cells=["GA01", CODES[3]], holder=["", ""],
        hours=[84.0, 168.0], intervals=[nights, week], area_m2=[1e6, 250_000.0], buildings=[1, 0], residents=[5, 0],
        cases=[0, 0], reason=["whoever holds GA01 is not on shift for 84 hours", f"nobody was ever appointed to {CODES[3]}"],
        reason_zh=["GA01 无人在班", "从未任命"], who_could_close=["公安分局, by a shift for these hours", "环卫中心, by an appointment to it"],
    ).assign(**columns)  # fmt: skip


def whole_map(**changes):
    """Return the hand-made district with an audit, people, duties, gaps, a conflict and a last version."""
    rules = [
        "statutory_base",
        "territorial",
        "geography",
        "fit_size",
        "as_managed",
        "convenient",
        "balanced_load",
        "seamless",
        "stable",
    ]
    states = ["kept", "kept", "kept", "broken", "not_measurable", "kept", "kept", "broken", "kept"]
    frames = {
        "audit": pd.DataFrame(
            {"rule": range(1, 10), "kind": rules, "state": states, "measure": [0.0, 0, 0, 250_000, np.nan, 0.78, 0.1, 10_040, 0],
             "unit": ["m2", "m2", "objects", "m2", "objects", "ratio", "share", "m2", "cells"],
             "threshold": [0, 0, 0, 20_000, 0, 0.2, 0.5, 0, 0], "cells": [0, 0, 0, 7, 0, 0, 0, 4, 0],
             "findings": [0, 0, 0, 8, 0, 0, 0, 2, 0], "accepted": [0, 0, 0, 1, 0, 0, 0, 0, 0],
             "worst": ["", "", "", f"{CODES[1]};{CODES[2]}", "", "", "", CODES[0], ""], "reason": "0 of 8", "reason_zh": "8 个中 0 个"}
        ),
        "audit_finding": layer(
            [at(0, 0, 480, 500), at(500, 0, 1000, 500)], finding_id=["4-00001", "4-00002"], rule=[4, 4], kind=["fit_size"] * 2,
            cells=[CODES[0], CODES[1]], object=["", ""], measure=[2.4e5, 2.5e5], threshold=[2e4, 2e4], accepted=[True, False],
            signed_by=["李处长", ""], until=pd.to_datetime(["2027-03-01", None]), reason=["too large", "too large"], reason_zh=["过大"] * 2,
        ),
        "audit_exception": pd.DataFrame(
            {"rule": ["fit_size", "all"], "cell": [CODES[0], "*"], "reason": ["公园", "旧例"], "signed_by": ["李处长", "王主任"],
             "signed_on": pd.to_datetime(["2026-03-01", "2025-01-01"]), "until": pd.to_datetime(["2027-03-01", "2026-01-01"]),
             "accepted": [1, 0], "status": ["accepts 1 findings", "expired on 2026-01-01"]}
        ),
        "holder": pd.DataFrame(
            {"holder_code": ["Z1", "Z2", "Z3", "Z4"], "name": ["甲", "乙", "丙", "丁"], "grid_code": [CODES[0], CODES[1], CODES[2], CODES[0]],
             "deputy": [0, 0, 0, 1], "valid_from": pd.to_datetime(["2025-01-01"] * 4), "valid_to": pd.to_datetime([None, "2026-05-31", None, None])}
        ),
        "duty": pd.DataFrame({"duty_code": ["D1", "D2"], "agency": ["公安分局", "环卫中心"], "matters": ["01", "*"]}),
        "duty_grid": layer([at(0, 0, 2000, 1000)], duty_code=["GA01"], agency=["公安分局"], name=["警区"], holder=["戊"]),
        "duty_gap": duty_gap(),
        "duty_conflict": layer(
            [at(0, 500, 500, 1000)], conflict_id=["conflict-1"], kind=["cut"], agency=["公安分局"], scope=["duty_grid"], cells=[CODES[4]],
            matters=["*"], area_m2=[100.0], hours=[168.0], reason=["公安分局 cuts the cell"], reason_zh=["切分"], who_could_close=["公安分局, by a border of its duty grids that is one with the cells"],
        ),
        "version_change": pd.DataFrame(
            {"code": [CODES[0], "OLD", CODES[5]], "status": ["added", "removed", "renamed"], "old_name": ["", "旧", "旧名"], "new_name": ["新", "", "新名"],
             "old_area_m2": [np.nan, 2.4e5, 2.5e5], "new_area_m2": [2.4e5, np.nan, 2.5e5], "gained_m2": [2.4e5, 0, 0], "lost_m2": [0, 2.4e5, 0],
             "kept_share": [np.nan, np.nan, 1.0], "houses_in": [3, 0, 0], "houses_out": [0, 2, 0], "cases_in": [1, 0, 0], "cases_out": [0, 1, 0],
             "came_from": ["OLD", "", ""], "went_to": ["", CODES[0], ""], "reason": ["new", "gone", "named"], "reason_zh": ["新设", "撤销", "更名"]}
        ),
        "version_piece": layer(
            [at(0, 0, 480, 500), at(1900, 900, 2000, 1000)], piece_id=["p1", "p2"], **{"from": ["OLD", CODES[7]]}, to=[CODES[0], ""],
            area_m2=[2.4e5, 1e4], width_m=[480.0, 100.0], houses=[2, 0], cases=[1, 0],
        ),
    }  # fmt: skip
    return make_map(**(frames | changes))


def page(one_map, tmp_path, language="en") -> str:
    return write_report(one_map, tmp_path / "report.html", language=language).read_text(encoding="utf-8")


def section(text: str, name: str) -> str:
    return re.search(rf'<section id="{name}">(.*?)</section>', text, re.DOTALL).group(1)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).strip()


def cells_of(text: str, table: str) -> list[list[str]]:
    body = re.search(rf'id="{table}">.*?<tbody>(.*?)</tbody>', text, re.DOTALL).group(1)
    return [
        [plain(cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]
        for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_appear_only_where_the_map_holds_them(tmp_path, language):
    bare = page(make_map(), tmp_path, language)
    assert not [name for name in PAGES if f'<section id="{name}">' in bare or f'href="#{name}"' in bare]
    full = page(whole_map(), tmp_path, language)
    assert [name for name in PAGES if f'<section id="{name}">' in full and f'href="#{name}"' in full] == list(PAGES)


def test_each_principle_has_its_measure_limit_and_evidence(tmp_path):
    text = section(page(whole_map(), tmp_path), "division")
    rows = cells_of(text, "t-principle")
    assert len(rows) == 9
    assert rows[3][:8] == [
        "4",
        "Fit size cells are of a size that fits",
        "✕ broken",
        "250,000 m²",
        "20,000 m²",
        "7",
        "8",
        "1",
    ]
    assert rows[4][2:5] == ["– not measurable", "–", "–"]
    assert rows[5][3:5] == ["0.78", "0.20"]
    assert rows[6][3:5] == ["10.0%", "50.0%"]
    assert 'href="#t-finding" data-narrow="kind=fit_size"' in text
    assert 'href="#t-defect" data-narrow="layer=grid_cell&amp;agency="' in text
    found = cells_of(text, "t-finding")
    assert [row[0] for row in found] == ["4-00002", "4-00001"]  # open ones first
    assert found[1][-1] == "李处长 · until 2027-03-01"
    assert [row[-1] for row in cells_of(text, "t-exception")] == ["accepts 1 findings", "expired on 2026-01-01"]
    assert "url(#m-allowed_gap)" in text


def test_the_map_of_the_audit_counts_principles_once_a_cell(tmp_path):
    text = plain(section(page(whole_map(), tmp_path), "division"))
    # the gap names cells 1 and 2, the overlap 6 and 7; cell 2 is too large besides, cell 1 by a signed exception
    assert "4 of 8 cells break at least one" in text
    assert "one principle broken" in text
    assert "two principles broken" in text
    assert "three or more" not in text


def test_who_is_accountable_by_level_and_agency(tmp_path):
    text = section(page(whole_map(), tmp_path), "responsibility")
    # eight cells: two held, one appointment ended, five never filled; the deputy of the first counts for nobody
    assert cells_of(text, "t-accountable") == [
        ["Unit grid cells", "8", "2", "5", "1", "2", "–", "–"],
        ["公安分局", "1", "1", "0", "0", "1", "1", "1"],
        ["环卫中心", "–", "–", "0", "0", "0", "1", "0"],
    ]
    # the conflicts of the rows are those of the map, each told once
    assert sum(int(row[-1]) for row in cells_of(text, "t-accountable") if row[-1] != "–") == len(
        cells_of(text, "t-conflict")
    )
    assert cells_of(text, "t-same-duty") == [["公安分局", "1", "7", "1", "100 m²", "0"]]
    assert [row[0] for row in cells_of(text, "t-vacancy")] == ["duty-1"]
    assert [row[1] for row in cells_of(text, "t-conflict")] == ["Cut"]


def test_hours_and_land_by_agency(tmp_path):
    text = section(page(whole_map(), tmp_path), "hours")
    # 18:00 to 08:00, Monday evening to Sunday morning: 5 x 6 h and 4 x 8 h of workday nights, the rest of weekend
    assert cells_of(text, "t-hours") == [
        ["公安分局", "none", "62 / 70 h 1.00 km²", "22 / 48 h 1.00 km²"],
        ["环卫中心", "50 / 50 h 250,000 m²", "70 / 70 h 250,000 m²", "48 / 48 h 250,000 m²"],
    ]
    assert text.count('class="hour"><title>') == 2 * 2 * 24
    assert "url(#m-duty_gap)" in text  # the police are missing only by night: a hatch of its own
    assert "url(#m-gap)" in text
    assert 'data-narrow="agency=%E5%85%AC' in text


def test_holidays_and_shifts_of_the_map_are_told_apart(tmp_path):
    calendar = pd.DataFrame({"date": pd.to_datetime(["2026-06-22"]), "kind": ["holiday"]})
    shift = pd.DataFrame({"shift_code": ["d", "n"], "days": ["workday", "*"], "start": ["07:30", "20:00"], "end": ["20:00", "07:30"]})  # fmt: skip
    text = section(page(whole_map(calendar_day=calendar, shift=shift), tmp_path), "hours")
    head = plain(re.search(r'id="t-hours">.*?</thead>', text, re.DOTALL).group(0))
    assert "Workdays, 07:00 to 20:00 Workdays, 20:00 to 07:00 Weekends Public holidays" in head
    assert cells_of(text, "t-hours")[1][4] == "24 / 24 h 250,000 m²"


def test_a_map_with_duties_and_no_gap_says_so(tmp_path):
    text = page(whole_map(duty_gap=None, duty_conflict=duty_gap().iloc[:0]), tmp_path)
    assert "At every hour somebody answers" in section(text, "hours")
    assert "No two posts claim" in section(text, "responsibility")


def test_what_changed_between_versions(tmp_path):
    text = section(page(whole_map(), tmp_path), "changes")
    assert "Added: 1. Removed: 1. Redrawn: 0. Renamed: 1." in text
    assert "3 houses and 1 case." in plain(text)
    rows = cells_of(text, "t-change")
    assert [row[0] for row in rows] == ["Added", "Removed", "Renamed"]
    assert rows[2][2] == "旧名 → 新名"
    assert rows[0][7] == "+3 / -0"
    assert cells_of(text, "t-piece")[1][:2] == [CODES[7], "no cell"]
    assert "land that no cell has any more" in text
    nothing = whole_map(version_change=whole_map().frames["version_change"].iloc[:0])
    assert "No cell was added" in section(page(nothing, tmp_path), "changes")


def test_hostile_text_is_only_text(tmp_path):
    hostile = "</script><b onload=x>'&"
    one_map = whole_map(duty_gap=duty_gap(agency=[hostile, hostile], reason=hostile, who_could_close=hostile))
    one_map.frames["audit"]["reason"] = hostile
    one_map.frames["version_change"]["new_name"] = hostile
    text = page(one_map, tmp_path)
    assert "<b onload" not in text


def test_the_same_map_gives_the_same_bytes(tmp_path):
    shuffled = whole_map()
    for name in ("holder", "duty", "audit_finding"):
        shuffled.frames[name] = shuffled.frames[name].iloc[::-1].reset_index(drop=True)
    assert page(whole_map(), tmp_path) == page(whole_map(), tmp_path)
    assert section(page(shuffled, tmp_path), "responsibility") == section(page(whole_map(), tmp_path), "responsibility")


moments = st.integers(0, 7 * 48).map(lambda half: MONDAY + dt.timedelta(minutes=30 * half))
squares = st.integers(0, 3).map(lambda n: box(n, 0, n + 1.5, 1))


@st.composite
def some_gaps(draw):
    gaps = []
    for _ in range(draw(st.integers(1, 5))):
        start, end = sorted((draw(moments), draw(moments)))
        if start < end:
            gaps.append(Gap(draw(st.sampled_from("ab")), draw(squares), ((start, end),)))
    return gaps


@given(some_gaps(), st.sets(st.integers(0, 6)))
def test_hours_and_land_are_those_of_every_half_hour(gaps, free):
    """Every half hour is asked on its own: how many of each kind have a gap, and which land."""
    if not gaps:
        return
    calendar = WorkCalendar({(MONDAY + dt.timedelta(days=day)).date(): "holiday" for day in free})
    hours = Hours(gaps, Clock(calendar))
    halves = [MONDAY + dt.timedelta(minutes=30 * n) for n in range(7 * 48)]

    def kind(moment):
        day = calendar.kind(moment.date())
        return day if day != "workday" else DAY if DAY_HOURS[0] <= moment.hour < DAY_HOURS[1] else NIGHT

    for agency in ("a", "b", None):
        mine = [gap for gap in gaps if agency in (None, gap.agency)]
        for name, found in hours.of(agency).items():
            missing = [h for h in halves if kind(h) == name and any(s <= h < e for gap in mine for s, e in gap.spans)]
            shapes = [gap.shape for gap in mine if any(s <= h < e for h in missing for s, e in gap.spans)]
            assert found.hours == len(missing) / 2
            assert found.area_m2 == pytest.approx(shapely.union_all(shapes).area if shapes else 0.0)
            assert found.of_hours >= found.hours


def test_gaps_without_land_or_hours_are_left_out():
    frame = gpd.GeoDataFrame({"agency": [None, "a", "a"], "intervals": ["", None, "2026-06-22T00:00:00/2026-06-22T01:00:00"]}, geometry=[box(0, 0, 1, 1), box(0, 0, 1, 1), None], crs="EPSG:4548")  # fmt: skip
    assert gaps_of(frame) == []
    assert spans_of("no interval") == ()
