"""The matters that can be asked: those of the cases first, then all that the duties of the map name."""

import shutil
import sqlite3
from contextlib import closing

import pytest

CLASSES = ("0501", "0506", "0401", "0406")  # of the table of 2007, which the sample city's cases bear


@pytest.fixture
def asked(plugin, one_map, tmp_path, chinese):
    """Return a function that names the matters of a copy of the map, changed by some statements."""

    def of(*statements):
        copy = shutil.copy(one_map, tmp_path / "onemap.gpkg")
        with closing(sqlite3.connect(copy)) as connection:
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


def test_without_duties_nobody_can_be_named(asked):
    assert asked("DELETE FROM gpkg_contents WHERE table_name = 'duty'") == []


def test_a_share_that_is_there_is_never_told_as_none(plugin, qgis_app, english):
    row = {"state": "", "role": "", "agency": "", "phone": "", "cells": ["1"]}
    rows = [{**row, "holder": "A", "size": 99_900.0}, {**row, "holder": "B", "size": 100.0}]
    told = plugin("console.who.card").holders_card({"measure": "area_m2", "holders": 2, "rows": rows})
    assert "(100%)" in told
    assert "(&lt; 1%)" in told
    assert "(0%)" not in told
