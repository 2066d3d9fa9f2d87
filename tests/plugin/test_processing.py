"""The algorithms of the installed zip, run by `qgis_process` in a fresh profile: results and exit codes."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

NAME = "onemap_center"
ALGORITHMS = {"build", "run", "check", "assign", "gaps"}


@pytest.fixture(scope="module")
def profile(plugin_folder, tmp_path_factory):
    """Return the environment of a fresh profile into which the plugin was installed."""
    home = tmp_path_factory.mktemp("profile")
    plugins = home / "profiles" / "default" / "python" / "plugins"
    plugins.mkdir(parents=True)
    shutil.copytree(plugin_folder, plugins / NAME, ignore=shutil.ignore_patterns("__pycache__"))
    (home / "run").mkdir(mode=0o700)
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QGIS_CUSTOM_CONFIG_PATH": str(home),
        "XDG_RUNTIME_DIR": str(home / "run"),
        "ONEMAP_PYTHON": sys.executable,
        "LANG": "C.UTF-8",
    }
    environment.pop("QGIS_PLUGINPATH", None)
    done = subprocess.run(
        ["qgis_process", "plugins", "enable", NAME], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return environment


def process(profile, name, inputs, **changed):
    """Run an algorithm; return its exit code, its results and all that it said."""
    done = subprocess.run(
        ["qgis_process", "run", f"onemap:{name}", "-"],
        input=json.dumps({"inputs": inputs}),
        capture_output=True,
        text=True,
        env=profile | changed,
        check=False,
    )
    said = done.stdout + done.stderr
    start = done.stdout.find("{")
    results = json.loads(done.stdout[start:]).get("results", {}) if start >= 0 else {}
    return done.returncode, results, said


def rows(path, table):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]


def test_every_algorithm_is_there_with_its_help(profile, run):
    told = json.loads(run("qgis_process", "--json", "list", **profile))
    found = told["providers"]["onemap"]["algorithms"]
    assert set(found) == {f"onemap:{name}" for name in ALGORITHMS}
    for name in ALGORITHMS:
        described = json.loads(run("qgis_process", "--json", "help", f"onemap:{name}", **profile))
        for parameter, told in described["parameters"].items():
            assert told.get("help"), f"{name}: {parameter} has no help"


def test_build(profile, built, tmp_path):
    code, results, said = process(
        profile, "build", {"MANIFEST": str(built / "city" / "onemap.toml"), "OUTPUT": str(tmp_path)}
    )
    assert code == 0, said
    assert results["LAYERS"] > 10
    assert rows(results["ONEMAP"], "onemap_layer") == results["LAYERS"]


def test_run(profile, built, one_map, tmp_path):
    code, results, said = process(
        profile, "run", {"MANIFEST": str(built / "city" / "onemap.toml"), "OUTPUT": str(tmp_path)}
    )
    assert code == 0, said
    assert results["CASES"] == rows(one_map, "case")
    assert "<html" in Path(results["REPORT"]).read_text(encoding="utf-8")[:2000]


def test_check(profile, one_map, tmp_path):
    inputs = {
        "CELLS": f"{one_map}|layername=grid_cell",
        "PARENT": f"{one_map}|layername=grid_district",
        "OUTPUT": str(tmp_path / "defects.gpkg"),
    }
    code, results, said = process(profile, "check", inputs)
    assert code == 0, said
    assert results["OK"] is False
    assert rows(results["OUTPUT"], "defect") > 0


def test_assign(profile, one_map, tmp_path):
    inputs = {
        "CASES": f"{one_map}|layername=case",
        "CELLS": f"{one_map}|layername=grid_community",
        "CODE": "community_code",
        "OUTPUT": str(tmp_path / "assigned.gpkg"),
    }
    code, results, said = process(profile, "assign", inputs)
    assert code == 0, said
    placed = sum(results[name] for name in ("INSIDE", "BORDER", "NEAR", "OUTSIDE", "NO_POSITION"))
    assert results["ROWS"] == placed == rows(one_map, "case")
    assert rows(results["OUTPUT"], "case") == results["ROWS"]
    assert rows(results["OUTPUT"], "near_border") == results["NEAR_BORDER"]


def test_gaps(profile, one_map, tmp_path):
    code, results, said = process(profile, "gaps", {"ONEMAP": str(one_map), "OUTPUT": str(tmp_path / "gaps.gpkg")})
    assert code == 0, said
    assert results["GAPS"] == rows(one_map, "coverage_gap") + rows(one_map, "object_gap")


def test_bad_input_is_one_sentence_and_an_exit_code(profile, tmp_path):
    code, _, said = process(
        profile, "gaps", {"ONEMAP": str(tmp_path / "none.gpkg"), "OUTPUT": str(tmp_path / "g.gpkg")}
    )
    assert code != 0
    assert "none.gpkg" in said
    assert "Traceback" not in said


def test_without_the_library_it_says_so(profile, one_map, tmp_path):
    inputs = {"ONEMAP": str(one_map), "OUTPUT": str(tmp_path / "g.gpkg")}
    code, _, said = process(profile, "gaps", inputs, ONEMAP_PYTHON="/nowhere/python")
    assert code != 0
    assert "/nowhere/python" in said
    assert "Traceback" not in said


def test_a_filtered_layer_of_the_project_is_checked_as_filtered(plugin, qgis_app, library, one_map, tmp_path, english):
    """A layer with a subset or a selection reaches the library as QGIS shows it; results come styled."""
    from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProject, QgsVectorLayer

    layer = QgsVectorLayer(f"{one_map}|layername=grid_cell", "cells", "ogr")
    layer.setSubsetString("fid <= 3")
    QgsProject.instance().addMapLayer(layer)
    algorithm = plugin("processing.check").CheckAlgorithm().create()
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback()
    context.setProject(QgsProject.instance())
    parameters = {"CELLS": layer.id(), "OUTPUT": str(tmp_path / "d.gpkg"), "OPEN": True}
    _, well = algorithm.run(parameters, context, feedback)
    assert well, feedback.textLog()
    assert "3 cells" in feedback.textLog()
    QgsProject.instance().clear()


def test_results_are_loaded_with_their_styles(plugin, qgis_app, library, one_map, tmp_path, english):
    from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProcessingUtils, QgsProject

    algorithm = plugin("processing.assign").AssignAlgorithm().create()
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback()
    context.setProject(QgsProject.instance())
    parameters = {
        "CASES": f"{one_map}|layername=case",
        "CELLS": f"{one_map}|layername=grid_community",
        "CODE": "community_code",
        "OUTPUT": str(tmp_path / "a.gpkg"),
    }
    _, well = algorithm.run(parameters, context, feedback)
    assert well, feedback.textLog()
    loaded = context.layersToLoadOnCompletion()
    assert {details.name for details in loaded.values()} == {"Cases", "Cases near a border"}
    for source, details in loaded.items():
        layer = QgsProcessingUtils.mapLayerFromString(source, context)
        details.postProcessor().postProcessLayer(layer, context, feedback)
        assert layer.customProperty("onemap/layer_id") in ("case", "near_border")
        if details.name == "Cases":
            assert layer.renderer().type() == "pointCluster"
