"""The journal: nothing lost, nothing changed unnoticed, undone without erasing."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onemap.domain.journal import (
    ACCEPT_REPAIR,
    ALLOW_GAP,
    DECIDE_CASE,
    OF_CASES,
    OF_FINDINGS,
    REASSIGN_CASE,
    REFUSE_REPAIR,
    UNDO,
    FindingSpot,
    Journal,
    journal_of,
)
from onemap.errors import StoreError

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "onemap.journal.jsonl")


def fill(journal, count=5):
    return [journal.append(DECIDE_CASE, f"C{n}", f"cell{n}", who="王", why="现场看过", at=NOON) for n in range(count)]


def test_it_stands_beside_the_map():
    assert journal_of(Path("/a/青禾.gpkg")) == Path("/a/青禾.journal.jsonl")


def test_no_file_is_an_empty_journal(journal):
    assert journal.entries() == []
    assert journal.in_force() == {}


def test_what_was_written_is_read(journal):
    written = fill(journal)
    assert Journal(journal.path).entries() == written
    assert [entry.number for entry in written] == [1, 2, 3, 4, 5]
    assert written[0].at == "2026-06-30T12:00:00+00:00"


def test_the_latest_counts(journal):
    journal.append(DECIDE_CASE, "C1", "a", who="A", at=NOON)
    journal.append(DECIDE_CASE, "C1", "b", who="B", at=NOON)
    journal.append(REASSIGN_CASE, "C1", "c", who="B", why="路归市政", at=NOON)
    assert {key: entry.value for key, entry in journal.in_force().items()} == {
        (DECIDE_CASE, "C1"): "b",
        (REASSIGN_CASE, "C1"): "c",
    }


def test_undone_is_as_if_never_done_and_still_on_record(journal):
    first, second = (journal.append(DECIDE_CASE, "C1", value, who="A", at=NOON) for value in "ab")
    journal.undo(second.number, who="B", why="错了", at=NOON)
    assert journal.in_force()[DECIDE_CASE, "C1"] == first
    assert [entry.verb for entry in journal.entries()] == [DECIDE_CASE, DECIDE_CASE, UNDO]


@pytest.mark.parametrize("number", [0, 2, 3, 9], ids=["none", "undone-already", "an-undoing", "not-yet"])
def test_what_cannot_be_undone_is_refused(journal, number):
    fill(journal, 2)
    journal.undo(2, who="A", at=NOON)
    with pytest.raises(StoreError, match=f"entry {number} cannot be undone"):
        journal.undo(number, who="A", at=NOON)
    assert len(journal.entries()) == 3


@pytest.mark.parametrize("bad", [("nonsense", "C1", "A"), (DECIDE_CASE, "", "A"), (DECIDE_CASE, "C1", "  ")])
def test_an_entry_needs_verb_subject_and_person(journal, bad):
    verb, subject, who = bad
    with pytest.raises(ValueError, match="are needed"):
        journal.append(verb, subject, "x", who=who)


def test_a_line_never_finished_is_no_entry_and_is_written_over(journal):
    written = fill(journal, 2)
    with journal.path.open("ab") as file:
        file.write(b'{"number": 3, "at": "20')
    assert journal.entries() == written
    third = journal.append(ALLOW_GAP, "G1", "2027-01-01", who="A", why="湖", at=NOON)
    assert journal.entries() == [*written, third]


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_change_of_a_finished_line_is_noticed(data, tmp_path_factory):
    journal = Journal(tmp_path_factory.mktemp("j") / "x.journal.jsonl")
    written = fill(journal, 4)
    raw = journal.path.read_bytes()
    place = data.draw(st.integers(0, len(raw) - 1))
    byte = data.draw(st.integers(0, 255))
    journal.path.write_bytes(raw[:place] + bytes([byte]) + raw[place + 1 :])
    try:
        read = journal.entries()
    except StoreError as error:
        assert "is not as it was written" in str(error)
    else:
        assert read == written[: len(read)]
        assert len(read) == 4 or place == len(raw) - 1  # only the last line break can go: a line never finished


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_line_taken_out_or_moved_is_noticed(journal, gone):
    fill(journal, 4)
    lines = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(b"".join(lines[:gone] + lines[gone + 1 :]))
    with pytest.raises(StoreError, match=f"line {gone + 1} is not as it was written"):
        journal.entries()
    swapped = [*lines]
    swapped[gone], swapped[gone + 1] = swapped[gone + 1], swapped[gone]
    journal.path.write_bytes(b"".join(swapped))
    with pytest.raises(StoreError, match=f"line {gone + 1} "):
        journal.append(DECIDE_CASE, "C", "x", who="A")


def test_many_writers_lose_nothing(journal):
    program = (
        "import sys\nfrom pathlib import Path\nfrom onemap.domain.journal import Journal\n"
        "for n in range(25): Journal(Path(sys.argv[1])).append('decide_case', f'{sys.argv[2]}-{n}', 'x', who='A')\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, str(journal.path), str(n)], cwd=ROOT) for n in range(4)]
    assert [writer.wait() for writer in writers] == [0, 0, 0, 0]
    found = journal.entries()
    assert [entry.number for entry in found] == list(range(1, 101))
    assert {entry.subject for entry in found} == {f"{writer}-{n}" for writer in range(4) for n in range(25)}


def test_the_lines_are_plain_json_in_utf8(journal):
    fill(journal, 1)
    (line,) = journal.path.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["who"] == "王"
    assert "王" in line


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path):
    with pytest.raises(StoreError, match="cannot be written"):
        Journal(tmp_path / "no" / "x.journal.jsonl").append(DECIDE_CASE, "C", "x", who="A")


def test_of_several_decisions_about_one_thing_the_latest_stands(journal):
    spot = FindingSpot("gap", "grid_cell", 491200.123, 4401800.5).text()
    journal.append(ALLOW_GAP, spot, "2027-12-31", who="A", why="a lake")
    journal.append(DECIDE_CASE, "C1", "cell1", who="A")
    refused = journal.append(REFUSE_REPAIR, spot, "", who="A", why="measure first")
    accepted = journal.append(ACCEPT_REPAIR, spot, "cell2", who="A", why="measured")
    given = journal.append(REASSIGN_CASE, "C1", "cell9", who="A", why="by agreement")
    assert journal.standing(*OF_FINDINGS) == {spot: accepted}
    assert journal.standing(*OF_CASES) == {"C1": given}
    journal.undo(accepted.number, who="A")
    assert journal.standing(*OF_FINDINGS) == {spot: refused}


@given(st.text(max_size=20), st.floats(-1e7, 1e7), st.floats(-1e7, 1e7))
def test_a_spot_is_read_as_it_was_written(about, x, y):
    spot = FindingSpot("gap", about, x, y)
    read = FindingSpot.read(spot.text())
    assert read is not None
    assert (read.kind, read.about) == ("gap", about.replace("|", "/"))
    assert abs(read.x - x) <= 0.0051
    assert abs(read.y - y) <= 0.0051
    assert FindingSpot.read(read.text()) == read
