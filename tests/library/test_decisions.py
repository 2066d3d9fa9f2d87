"""Decisions of people: followed whatever is built anew, listed where they cannot be, never lost."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import Point, box

from onemap.cases import assign_cases
from onemap.cases.decisions import read_decisions
from onemap.domain.journal import DECIDE_CASE, REASSIGN_CASE, Journal, journal_of
from onemap.errors import StoreError
from onemap.pipeline import run
from onemap.testing import write_city

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture
def cells():
    shapes = [box(500000 + 100 * n, 4400000, 500100 + 100 * n, 4400100) for n in range(3)]
    return gpd.GeoDataFrame({"cell_code": ["01", "02", "03"]}, geometry=shapes, crs="EPSG:4548")


@pytest.fixture
def cases():
    places = [Point(500099.5, 4400050), Point(500100.4, 4400050), Point(500050, 4400050), None]
    return gpd.GeoDataFrame(
        {"case_code": ["C1", "C2", "C3", "C4"]}, geometry=places, crs="EPSG:4548", index=["a", "b", "b", "c"]
    )


@pytest.fixture
def journal(tmp_path):
    return Journal(journal_of(tmp_path / "onemap.gpkg"))


def decide(journal, case, cell, verb=DECIDE_CASE, why=""):
    return journal.append(verb, case, cell, who="王敏", why=why, at=NOON)


def test_a_decided_case_has_its_cell_and_leaves_the_queue(cases, cells, journal):
    plain = assign_cases(cases, cells)
    assert (plain.counts["near_border"], "decided" in plain.counts, len(plain.decisions)) == (2, False, 0)
    decide(journal, "C1", "02", why="现场看过")
    result = assign_cases(cases, cells, decisions=journal.in_force())
    assert result.table.iloc[0].to_dict() == {
        "cell": "02",
        "how": "decided",
        "distance_m": pytest.approx(0.5, abs=1e-6),
        "candidates": ("01", "02"),
        "reason": "decided by 王敏 on 2026-06-30: 现场看过",
    }
    assert result.table.iloc[1:].equals(plain.table.iloc[1:])
    assert result.near_border["row"].tolist() == [1]
    assert result.counts == {**plain.counts, "inside": 2, "decided": 1, "near_border": 1}
    assert result.decisions[["case_code", "cell_code", "decided_by", "followed"]].to_numpy().tolist() == [
        ["C1", "02", "王敏", True]
    ]


def test_what_cannot_be_followed_is_listed_with_its_reason(cases, cells, journal):
    decide(journal, "C1", "99")
    decide(journal, "nobody", "01")
    decide(journal, "C2", "03")
    plain = assign_cases(cases, cells)
    result = assign_cases(cases, cells, decisions=journal.in_force())
    assert result.table.equals(plain.table)
    assert result.counts == plain.counts | {"decided": 0}
    assert result.decisions["reason"].tolist() == [
        "there is no cell 99 any more",
        "there is no case nobody",
        "the case does not lie near 03 any more",
    ]


def test_a_case_given_away_needs_no_cell_near_it_nor_a_position(cases, cells, journal):
    decide(journal, "C3", "03", verb=REASSIGN_CASE, why="归口")
    decide(journal, "C4", "01", verb=REASSIGN_CASE, why="电话核实")
    table = assign_cases(cases, cells, decisions=journal.in_force()).table
    assert table["cell"].tolist() == ["01", "02", "03", "01"]
    assert table["distance_m"].iloc[2] == pytest.approx(150, abs=1e-6)
    assert table["distance_m"].isna().iloc[3]


def test_the_last_decision_of_a_case_counts_and_an_undone_one_does_not(cases, cells, journal):
    decide(journal, "C1", "02")
    decide(journal, "C1", "03", verb=REASSIGN_CASE, why="归口")
    assert assign_cases(cases, cells, decisions=journal.in_force()).table["cell"].iloc[0] == "03"
    journal.undo(2, who="王敏", at=NOON)
    assert assign_cases(cases, cells, decisions=journal.in_force()).table["cell"].iloc[0] == "02"


def test_r9_shuffled_rows_give_the_same_decisions(cases, cells, journal):
    decide(journal, "C1", "02")
    decide(journal, "C2", "77")
    straight = assign_cases(cases, cells, decisions=journal.in_force())
    turned = assign_cases(cases[::-1], cells[::-1], decisions=journal.in_force())
    assert turned.table[::-1].equals(straight.table)
    assert turned.decisions.equals(straight.decisions)
    print("R9: decisions do not depend on the order of rows")


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decided")
    return write_city(folder, size="small"), run(folder, now=NOON)


def test_a_rebuilt_map_follows_its_journal_and_keeps_it(city):
    manifest, first = city
    kept = Journal(journal_of(first.path))
    near = first.one_map.read("near_border")
    chosen = {
        row.case_code: next(code for code in row.candidates.split(";") if code != row.cell_code)
        for row in near.head(5).itertuples()
    }
    for case, cell in chosen.items():
        decide(kept, case, cell)
    decide(kept, "no such case", next(iter(chosen.values())))
    before = kept.path.read_bytes()
    second, third = (run(manifest, now=NOON) for _ in range(2))
    assert kept.path.read_bytes() == before
    assert (second.counts["decided"], second.counts["decisions_open"]) == (5, 1)
    assert second.counts["near_border"] == first.counts["near_border"] - 5
    cases = second.one_map.read("case")
    settled = cases[cases["how"] == "decided"]
    assert dict(zip(settled["case_code"], settled["cell_code"], strict=True)) == chosen
    assert not settled["near_border"].astype(bool).any()
    assert not set(second.one_map.read("near_border")["case_code"]) & set(chosen)
    assert len(second.one_map.read("decision")) == 6
    assert second.summary("zh")[2] == "按人工决定归属的案件 5 件；未能采用的决定 1 条"
    assert "没有案件 no such case" in second.report["zh"].read_text(encoding="utf-8")
    assert third.path.read_bytes() == second.path.read_bytes()
    print("R9: a run with a journal gives the same bytes again; 5 of 6 decisions followed, 1 listed")


def test_the_command_line_reads_the_journal_beside_the_map(city, tmp_path):
    _, made = city
    cases = tmp_path / "cases.csv"
    rows = made.one_map.read("case").dropna(subset="geometry")
    made_of = gpd.GeoDataFrame({"案件编号": rows["case_code"]}, geometry=rows.geometry, crs=rows.crs)
    made_of.assign(x=rows.geometry.x, y=rows.geometry.y).drop(columns="geometry").to_csv(cases, index=False)
    words = [str(cases), str(made.path), "--x", "x", "--y", "y", "--crs", str(made.one_map.district["crs"])]
    done = subprocess.run(
        [sys.executable, "-m", "onemap", "assign", *words, "--json"],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert json.loads(done.stdout)["counts"]["decided"] == len(
        [entry for entry in read_decisions(made.path).values() if entry.subject != "no such case"]
    )


def test_a_damaged_journal_stops_the_run_in_words_and_the_map_stays(city):
    manifest, made = city
    path = journal_of(made.path)
    sound, old = path.read_bytes(), made.path.read_bytes()
    path.write_bytes(sound.replace(b"no such case", b"another case") or b"{}\n")
    try:
        with pytest.raises(StoreError, match="line 6 is not as it was written"):
            run(manifest, now=NOON)
    finally:
        path.write_bytes(sound)
    assert Path(made.path).read_bytes() == old
