"""Decisions about findings: what people allowed is allowed in the next map, what they accepted is carried out."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from onemap.basemap import build_base_map
from onemap.domain.journal import ACCEPT_REPAIR, ALLOW_GAP, FindingSpot, Journal, journal_of
from onemap.domain.judged import about_of
from onemap.pipeline import run
from onemap.store.one_map import open_map
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


def accept(journal, subject, cell, why="现场核实"):
    return journal.append(ACCEPT_REPAIR, subject, cell, who="王敏", why=why, at=NOON).number


def places(made):
    """Return a gap and an overlap of the cells, a part outside, and a gap or an overlap in an agency's grids."""

    def of(kind, layer):
        found = rows_of(
            made, "defect", lambda row: (row["kind"], row["layer_id"]) == (kind, layer) and not row["allowed"]
        )
        return min(found, key=lambda row: row["defect_id"])

    return [of("gap", "grid_cell"), of("overlap", "grid_cell"), of("outside", "grid_cell"), of("gap", "duty_grid")]


def grids(made, layer):
    frame = made.one_map.read(layer)
    code = "cell_code" if layer == "grid_cell" else "duty_code"
    return frame.assign(who=frame.get("agency", "")).set_index(["who", code]).geometry


def test_accepted_repairs_are_carried_out_and_nothing_else_moves(city, journal):
    manifest, first, _ = city
    chosen = places(first)
    cells = [row["cells"].split(";")[0] if row["kind"] != "outside" else "" for row in chosen]
    numbers = [accept(journal, spot_of("defect", row), cell) for row, cell in zip(chosen, cells, strict=True)]
    other = rows_of(first, "defect", lambda row: gap(row) and row["defect_id"] != chosen[0]["defect_id"])[0]
    allow(journal, spot_of("defect", other), "2027-12-31")
    second = run(manifest, now=NOON)
    listed = second.one_map.read("finding_decision").set_index("number")
    assert listed.loc[numbers, "followed"].all(), listed["reason"].tolist()
    assert listed.loc[numbers, "area_m2"].tolist() == pytest.approx([row["area_m2"] for row in chosen], abs=1e-6)
    assert [value or "" for value in listed.loc[numbers, "to"]] == cells
    assert [value or "" for value in listed.loc[numbers, "from"]] == [
        "",
        ";".join(code for code in chosen[1]["cells"].split(";") if code != cells[1]),
        chosen[2]["cells"],
        "",
    ]
    assert second.counts["repairs_carried_out"] == 4
    assert second.counts["repaired_m2"] == pytest.approx(sum(row["area_m2"] for row in chosen), abs=1e-6)
    assert second.counts["findings_allowed"] == 1
    assert second.counts["finding_decisions_open"] == 0
    assert second.counts["gaps"] == first.counts["gaps"] - 2
    assert second.counts["overlaps"] == first.counts["overlaps"] - 1
    for layer, mine in (("grid_cell", range(3)), ("duty_grid", range(3, 4))):
        old, new = grids(first, layer), grids(second, layer)
        assert new.index.equals(old.index)
        given = {}
        for row, cell in ((chosen[number], cells[number]) for number in mine):
            for code in row["cells"].split(";"):
                deed = "union" if code == cell else "keep" if row["kind"] == "gap" else "difference"
                given.setdefault((row["agency"] or "", code), []).append((deed, row["geometry"]))
        moved = set()
        for index, was, now in zip(old.index, old, new, strict=True):
            wanted = was
            for deed, shape in given.get(index, []):
                wanted = wanted if deed == "keep" else getattr(wanted, deed)(shape)
            assert now.symmetric_difference(wanted).area < 1e-6, index
            assert index in given or now.wkb == was.wkb, index
            moved |= set() if now.equals(was) else {index[1]}
        deeds = {code for (_, code), deeds in given.items() if {deed for deed, _ in deeds} != {"keep"}}
        assert moved >= deeds - set(cells[1:2])  # who claimed an overlap and keeps it has what it had
    third = run(manifest, now=NOON)
    assert third.path.read_bytes() == second.path.read_bytes()
    for number in [*numbers, 5]:
        journal.undo(number, who="王敏", at=NOON)
    assert run(manifest, now=NOON).path.read_bytes() == first.path.read_bytes()
    print("R9: decided repairs, same bytes again; undone, the bytes of before")


def test_accepted_repairs_that_cannot_be_done_say_why(city, journal):
    manifest, first, _ = city
    one = places(first)[0]
    accept(journal, spot_of("defect", one), "no such cell")
    accept(journal, "gap|grid_cell|1.00|1.00", one["cells"].split(";")[0])
    accept(journal, "gap|grid_nothing|1.00|1.00", "a")
    accept(journal, "mismatch|grid_cell|1.00|1.00", "a")
    made = run(manifest, now=NOON)
    listed = made.one_map.read("finding_decision")
    assert listed["reason"].tolist() == [
        "there is no cell no such cell any more",
        "there is no such place any more",
        "the map has no such grids",
        "for a finding of this kind no land can be given to a cell",
    ]
    assert not listed["followed"].any()
    assert made.counts["finding_decisions_open"] == 4
    assert made.counts["gaps"] == first.counts["gaps"]
    assert "未能执行的问题处置决定" in made.report["zh"].read_text(encoding="utf-8")


def test_building_the_base_map_alone_carries_repairs_out_as_well(city, journal, tmp_path):
    manifest, first, path = city
    one = places(first)[0]
    accept(journal, spot_of("defect", one), one["cells"].split(";")[0])
    shutil.copy(journal.path, tmp_path / "onemap.journal.jsonl")
    made = build_base_map(manifest, tmp_path, now=NOON)
    run(manifest, now=NOON)
    whole = open_map(path, verify=False)
    alone = open_map(made.path, verify=False)
    assert alone.read("finding_decision")["followed"].tolist() == [True]
    assert (alone.read("grid_cell").geometry.to_wkb() == whole.read("grid_cell").geometry.to_wkb()).all()
