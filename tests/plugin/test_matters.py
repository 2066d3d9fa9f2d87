"""The matters that can be asked: those of the cases first, then all that the duties of the map name."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime

import pytest

CLASSES = ("0501", "0506", "0401", "0406")  # of the table of 2007, which the sample city's cases bear


@pytest.fixture
def asked(plugin, one_map, tmp_path, chinese):
    """Return a function that names the matters of a copy of the map, changed by some statements, in Chinese."""
    return asking(plugin, one_map, tmp_path)


@pytest.fixture
def asked_in_english(plugin, one_map, tmp_path, english):
    return asking(plugin, one_map, tmp_path)


def asking(plugin, one_map, tmp_path):

    def of(*statements):
        copy = shutil.copy(one_map, tmp_path / "onemap.gpkg")
        with closing(sqlite3.connect(copy)) as connection:
            named = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'case'"
            for (trigger,) in connection.execute(named).fetchall():  # of the spatial index, which SQLite alone lacks
                connection.execute(f'DROP TRIGGER "{trigger}"')
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        held = plugin("project.one_map_file").open_one_map(copy)
        return plugin("console.who.matters").matters_of(held)

    return of


def test_those_of_the_cases_come_first_then_all_of_the_duties(asked, one_map):
    with closing(sqlite3.connect(one_map)) as connection:
        often = connection.execute(
            "SELECT matter_code, matter_name FROM \"case\" WHERE matter_code <> '' GROUP BY 1 ORDER BY count(*) DESC, 1"
        ).fetchall()
    found = asked()
    assert found[: len(often)] == often
    assert {code for code, _ in often} < {code for code, _ in found}
    assert len({code for code, _ in found}) == len(found)


def test_a_map_without_cases_offers_what_its_duties_name(asked):
    found = dict(asked("DELETE FROM gpkg_contents WHERE table_name = 'case'"))
    assert set(CLASSES) <= set(found)  # duties say 05 and 04
    assert found["0501"] == "无照经营游商"
    assert not [code for code in found if code.startswith("03") and code != "0301"]  # of 03 they name one


def test_codes_of_the_district_s_own_components_and_everything(asked):
    without = "DELETE FROM gpkg_contents WHERE table_name = 'case'"
    found = dict(asked(without, "UPDATE duty SET matters = '0590、component/0118、GBT47678.5/matter/01001'"))
    assert set(found) == {"0590", "component/0118", "01001"}
    assert (found["0590"], bool(found["component/0118"])) == ("", True)
    assert len(asked(without, "UPDATE duty SET matters = '*'")) == 54
    assert asked(without, "UPDATE duty SET matters = 'a/b/c/d'") == []


def test_matters_of_the_tables_are_named_in_the_language_of_qgis(asked_in_english):
    found = dict(asked_in_english())
    assert found["0102"] == "exposed rubbish"  # as the card of its answer says
    assert [name for name in found.values() if not name.isascii()] == []


def test_english_names_of_a_source_are_chinese_in_a_chinese_qgis(asked):
    found = dict(asked("UPDATE \"case\" SET matter_name = 'Exposed rubbish' WHERE matter_code = '0102'"))
    assert found["0102"] == "暴露垃圾"


def test_a_name_that_only_the_map_has_stays(asked_in_english):
    found = dict(
        asked_in_english(
            "UPDATE \"case\" SET matter_name = '河道漂浮物' WHERE matter_code = '0102'",
            "UPDATE \"case\" SET matter_code = '9901', matter_name = '本区事项' WHERE matter_code = '0103'",
        )
    )
    assert (found["0102"], found["9901"]) == ("河道漂浮物", "本区事项")


def test_matters_that_read_alike_are_told_apart_by_their_group(asked_in_english):
    found = dict(asked_in_english("UPDATE duty SET matters = '04、05'"))
    assert (found["0499"], found["0599"]) == ("other (emergencies)", "other (street order)")
    assert found["0401"] == "road collapse"


def test_a_case_that_bears_a_name_only_finds_its_code_in_either_language(plugin, asked_in_english):
    offered = asked_in_english("UPDATE \"case\" SET matter_name = '河道漂浮物' WHERE matter_code = '0102'")
    codes = plugin("console.who.matters").codes_by_name(offered)
    assert codes["积存垃圾渣土"] == codes[dict(offered)["0103"]] == "0103"
    assert codes["河道漂浮物"] == "0102"
    assert "暴露垃圾" not in codes  # what 0102 means here the map says
    assert not {"其他", "other", ""} & set(codes)  # of several groups


def test_a_name_is_found_as_an_office_wrote_it(plugin, asked_in_english):
    matters = plugin("console.who.matters")
    codes = matters.codes_by_name(
        asked_in_english("UPDATE \"case\" SET matter_name = '垃圾(本区)' WHERE matter_code = '0102'")
    )
    for written in ("垃圾(本区)", " 垃圾（本区） ", "\u3000垃圾（本区)"):
        assert matters.code_named(codes, written) == "0102"
    for written in ("垃圾", "", None):
        assert matters.code_named(codes, written) is None


def test_without_duties_nobody_can_be_named(asked):
    assert asked("DELETE FROM gpkg_contents WHERE table_name = 'duty'") == []


def test_a_share_that_is_there_is_never_told_as_none(plugin, qgis_app, english):
    row = {"state": "", "role": "", "agency": "", "phone": "", "cells": ["1"]}
    rows = [{**row, "holder": "A", "size": 99_900.0}, {**row, "holder": "B", "size": 100.0}]
    told = plugin("console.who.card").holders_card({"measure": "area_m2", "holders": 2, "rows": rows})
    assert "(100%)" in told
    assert "(&lt; 1%)" in told
    assert "(0%)" not in told


def test_an_agency_without_grid_at_the_spot_stays_on_every_card(plugin, qgis_app, english):
    cards = plugin("console.who.card")
    because = {"en": "nobody: no grid of police covers this spot", "zh": ""}
    lacking = [{"agency": "police", "kind": "no_grid", "parts": ["in_charge"], "allowed": False, "because": because}]
    words = {"en": "", "zh": ""}
    answer = {"state": "nobody", "accountable": None, "deputies": [], "parts": {}, "chain": [], "sentence": words}
    told = cards.holder_card({**answer, "matter": "*", "uncovered": lacking})
    assert because["en"] in told
    assert "No matter is named" not in told
    assert because["en"] in cards.place_card({"cell": "c1", "duty_grids": [], "uncovered": lacking})
    row = {"state": "held", "role": "", "agency": "", "phone": "", "cells": ["1"], "holder": "Li", "size": 100.0}
    share = [{**lacking[0], "size": 25.0}]
    told = cards.holders_card({"measure": "area_m2", "holders": 1, "rows": [row], "uncovered": share})
    assert because["en"] in told
    assert "25 m² (25%)" in told


def test_hours_are_read_as_people_write_them(plugin):
    words = plugin("console.words").Words()
    assert words.value("duty_conflict", "from", "2016-08-16T00:00:00") == "2016-08-16 00:00"
    stretch = "2016-08-16T00:00:00/2016-08-16T08:00:00 2016-08-17T00:00:00/2016-08-17T08:00:00"
    told = "2016-08-16 00:00 – 2016-08-16 08:00, 2016-08-17 00:00 – 2016-08-17 08:00"
    assert words.value("duty_gap", "intervals", stretch) == told
    assert words.value("duty_gap", "from", "early/late") == "early/late"


def test_today_is_that_of_the_districts_clocks(plugin):
    words = plugin("console.words").Words
    evening = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    assert words({"timezone": "America/New_York"}).today(evening) == date(2026, 11, 23)
    assert words({"timezone": "Asia/Shanghai"}).today(evening) == date(2026, 11, 24)


def test_a_zone_that_nobody_knows_here_is_that_of_this_computer_everywhere(plugin):
    """The list counted by this computer's clocks, while the map took its day for no day: deadlines up to now."""
    facts = {"as_of": "2026-11-23", "timezone": "Mars/Olympus"}
    assert plugin("console.words").Words(facts).zone is None
    end = plugin("project.moments").end_of_day
    assert end(facts) == end({"as_of": "2026-11-23"}) != ""
    assert end({"timezone": "Asia/Shanghai"}) == ""


def test_the_roster_is_that_of_the_districts_today(plugin, one_map, monkeypatch):
    words = plugin("console.words").Words
    holders, opened = plugin("console.holders"), plugin("project.one_map_file").open_one_map(one_map)
    now = holders.holders_of(opened)
    monkeypatch.setattr(words, "today", lambda self: date(1900, 1, 1))
    assert holders.holders_of(opened) != now
