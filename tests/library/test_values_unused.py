"""Coded values as offices spell them, and the ones that mean nothing: told by a run, not only in its report."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

import onemap
from onemap.domain.catalogue import load_catalogue
from tests.library.test_cli import onemap as command
from tests.library.town import town_manifest

MANIFEST = town_manifest("""
layer = "case"
path = "cases.csv"
x = "x"
y = "y"
crs = "EPSG:4548"
""")


@pytest.mark.parametrize(
    "written", ["IN-PROGRESS", "in_progress", "In  Progress", "in – progress", "IN_HAND", "in hand"]
)
def test_hyphens_underscores_and_blanks_join_alike(written):
    assert load_catalogue()["case"].field("state").value_of(written) == "in_hand"


@pytest.mark.parametrize("written", ["INPROGRESSES", "in-", "-", "progress-in", "DUPLICATE (OPENED)", ""])
def test_another_word_is_no_spelling_of_a_value(written):
    assert load_catalogue()["case"].field("state").value_of(written) is None


def test_a_spelling_that_two_values_share_means_neither():
    made = load_catalogue()["case"].field("state")
    field = type(made)("f", "string", False, "", "", values={"a_b": "", "a-b": "", "c_d": ""})
    assert [field.value_of(word) for word in ("a b", "a_b", "a-b", "c d")] == [None, "a_b", "a-b", "c_d"]


def _folder(tmp_path, states):
    cells = gpd.GeoDataFrame({"cell_code": ["c1"]}, geometry=[box(4e5, 4e6, 4e5 + 100, 4e6 + 100)], crs="EPSG:4548")
    cells.to_file(tmp_path / "cells.gpkg")
    rows = {"case_code": [f"A{n}" for n in range(len(states))], "state": states, "x": 4e5 + 50.0, "y": 4e6 + 50.0}
    pd.DataFrame(rows).to_csv(tmp_path / "cases.csv", index=False)
    (tmp_path / "onemap.toml").write_text(MANIFEST, encoding="utf-8")
    return tmp_path


def test_a_run_counts_the_values_that_could_not_be_used(tmp_path):
    folder = _folder(tmp_path, ["IN-PROGRESS", "DUPLICATE", "VOIDED", "CLOSED"])
    result = onemap.run(folder, language="en")
    assert result.one_map.read("case")["state"].fillna("").tolist() == ["in_hand", "", "", "settled"]
    assert (result.counts["rows_rejected"], result.counts["values_unused"]) == (0, 2)
    told = "2 values could not be used and are empty in the map (case 2); the tables and the report list them"
    assert told in result.summary("en")
    assert any(sentence.startswith("2 个值无法采用") for sentence in result.summary("zh"))
    done = command("run", folder, "--lang", "en")
    assert (done.returncode, told in done.stdout) == (0, True)


def test_one_is_told_as_one(tmp_path):
    result = onemap.run(_folder(tmp_path, ["VOIDED"]), language="en")
    assert any(sentence.startswith("1 value could not be used and is empty") for sentence in result.summary())
    result.counts.update(outside_in_gaps=1, object_gaps=1)
    told = result.summary()
    assert "1 object lies in no cell" in told
    assert "1 of the cases outside lies in a gap between the cells: it is placed once that is closed" in told
