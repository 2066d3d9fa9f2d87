"""Decisions about findings: what people allowed is allowed in the next map, what they accepted is carried out."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from onemap.domain.journal import ALLOW_GAP, FindingSpot, Journal, journal_of
from onemap.domain.judged import about_of
from onemap.pipeline import run
from onemap.testing import write_city

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """Return the manifest, a copy of the map made without decisions, and the map's place."""
    folder = tmp_path_factory.mktemp("judged")
    manifest = write_city(folder, size="small")
    made = run(folder, now=NOON)
    kept = shutil.copy(made.path, tmp_path_factory.mktemp("plain") / "onemap.gpkg")
    return manifest, replace(made, path=Path(kept)), made.path


@pytest.fixture
def journal(city):
    kept = Journal(journal_of(city[2]))
    yield kept
    kept.path.unlink(missing_ok=True)


def spot_of(table, row):
    """Return a finding of a published map as the dock names it."""
    kind, _, about = about_of(table, row).partition("|")
    point = row["geometry"].representative_point()
    return FindingSpot(kind, about, point.x, point.y).text()


def rows_of(made, table, wanted):
    frame = made.one_map.read(table)
    return [row for row in frame.astype(object).where(frame.notna(), None).to_dict("records") if wanted(row)]


def allow(journal, subject, until="", why="湖面"):
    return journal.append(ALLOW_GAP, subject, until, who="王敏", why=why, at=NOON).number


def gap(row):
    return row["layer_id"] == "grid_cell" and row["kind"] == "gap" and not row["allowed"]


def test_allowed_findings_of_every_table_count_as_allowed_until_their_last_day(city, journal):
    manifest, first, _ = city
    chosen = {
        "defect": rows_of(first, "defect", gap)[0],
        "defect_line": rows_of(first, "defect_line", lambda row: not row["allowed"])[0],
        "object_gap": rows_of(first, "object_gap", lambda row: row["geometry"] is not None)[0],
        "duty_gap": rows_of(first, "duty_gap", lambda row: row["geometry"] is not None)[0],
        "duty_conflict": rows_of(first, "duty_conflict", lambda row: row["geometry"] is not None)[0],
    }
    numbers = {table: allow(journal, spot_of(table, row), "2026-12-31") for table, row in chosen.items()}
    second = run(manifest, now=NOON)
    for table, row in chosen.items():
        key = next(iter(name for name in row if name.endswith("_id") and name != "layer_id"))
        (again,) = [one for one in rows_of(second, table, lambda _: True) if one["entry"] == numbers[table]]
        assert again["geometry"].equals(row["geometry"])
        assert bool(again["allowed"])
        assert str(again["allowed_until"]).startswith("2026-12-31")
        assert again["reason"].endswith("allowed until 2026-12-31 by 王敏 on 2026-06-30: 湖面"), key
        assert again["reason_zh"].endswith("王敏 于 2026-06-30 准许至 2026-12-31：湖面")
        allowed = [len(rows_of(made, table, lambda one: one.get("allowed"))) for made in (first, second)]
        assert allowed == [allowed[0], allowed[0] + 1]
    before, now = first.counts, second.counts
    assert now["defects"] == before["defects"]
    assert now["defects_allowed"] == before["defects_allowed"] + 2
    assert now["gaps"] == before["gaps"] - 1
    assert now["gap_area_m2"] == pytest.approx(before["gap_area_m2"] - chosen["defect"]["area_m2"], abs=1e-6)
    assert now["object_gaps"] == before["object_gaps"] - 1
    assert now["findings"] == before["findings"] - 3
    lands = [len(made.one_map.read("coverage_gap")) for made in (first, second)]
    assert lands == [lands[0], lands[0] - 1]
    listed = second.one_map.read("finding_decision")
    assert listed["number"].tolist() == sorted(numbers.values())
    assert listed["followed"].all()
    assert (second.path.parent / "tables" / "finding_decisions.csv").is_file()
    assert "人工处置的问题" in second.report["zh"].read_text(encoding="utf-8")
    third = run(manifest, now=NOON)
    assert third.path.read_bytes() == second.path.read_bytes()
    print("R9: allowed findings, same bytes again")


def test_without_decisions_about_findings_nothing_is_another(city, journal):
    manifest, first, _ = city
    old = first.path.read_bytes()
    number = allow(journal, "gap|grid_cell|0.00|0.00")
    listed = run(manifest, now=NOON).one_map.read("finding_decision")
    assert listed[["number", "followed", "reason", "reason_zh"]].to_numpy().tolist() == [
        [number, False, "there is no such finding any more", "该问题已不存在"]
    ]
    journal.undo(number, who="王敏", at=NOON)
    assert run(manifest, now=NOON).path.read_bytes() == old


def test_after_its_last_day_and_by_a_later_decision_it_is_open_again(city, journal):
    manifest, first, _ = city
    one, other = rows_of(first, "defect", gap)[:2]
    past = allow(journal, spot_of("defect", one), "2026-06-29")
    spot = FindingSpot.read(spot_of("defect", other))
    allow(journal, spot.text())
    journal.append(
        "refuse_repair", FindingSpot(spot.kind, spot.about, spot.x + 0.01, spot.y).text(), "", who="李", at=NOON
    )
    second = run(manifest, now=NOON, as_of="2026-06-30")
    (row,) = rows_of(second, "defect", lambda row: row["entry"] == past)
    assert not row["allowed"]
    assert row["reason"].endswith("was allowed until 2026-06-29 by 王敏 on 2026-06-30: 湖面")
    listed = second.one_map.read("finding_decision")
    assert listed["followed"].tolist() == [False, False]
    assert listed["reason"].tolist()[1] == "decided anew by entry 3"


def test_who_allows_the_land_allows_the_gap(city, journal):
    manifest, first, _ = city
    row = rows_of(first, "coverage_gap", lambda row: row["layer_id"] == "grid_cell")[0]
    number = allow(journal, spot_of("coverage_gap", row))
    second = run(manifest, now=NOON)
    (again,) = rows_of(second, "defect", lambda one: one["entry"] == number)
    assert again["geometry"].equals(row["geometry"])
    assert second.counts["gaps"] == first.counts["gaps"] - 1
