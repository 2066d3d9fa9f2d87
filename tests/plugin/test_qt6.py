"""One code base for Qt 5 and Qt 6: every name of Qt and QGIS in the source is looked at, and the widgets run on PyQt6.

There is no PyQGIS for Qt 6 to test with, so `qt6/qgis` stands in for the little of it that the widgets need; what needs
more of QGIS (map, layers, algorithms) is not run on Qt 6 and nothing here says so.
"""

import ast
import enum
import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.presence import need

ROOT = Path(__file__).resolve().parents[2]
QT6 = ROOT / ".venv-qt6" / "bin" / "python"
SOURCES = sorted((ROOT / "qgis_plugin").rglob("*.py"))
PICTURES = ROOT / "out" / "pictures"
# methods that PyQt6 no longer has, whatever the object; positions of an event are asked for with position()
GONE = {"exec_", "print_", "globalPos", "globalX", "globalY", "setTabStopWidth", "setResizeMode", "setCodec", "posF"}
# QGIS 3.34 knows neither; the older spelling is understood by all, up to QGIS 4
LATER = ("Qgis.ScaleBarSegmentSizeMode", "QgsSymbolLayer.Property.FillColor")
GONE_NAMES = {"QRegExp", "QVariant", "QDesktopWidget", "QSignalMapper", "QTextCodec", "qApp", "QMatrix"}
RESOLVE = """
import importlib, json, sys
for module, chain in json.load(sys.stdin):
    held = importlib.import_module(module)
    for name in chain:
        held = getattr(held, name, None)
        if held is None:
            print(module, ".".join(chain))
            break
"""


def imported(tree):
    """Return local name -> (module, name) of what a file takes from QGIS and Qt."""
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("qgis.")
        for alias in node.names
    }


def chains(path):
    """Yield (line, module, names) of every dotted name in a file that begins with a class of QGIS or Qt."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = imported(tree)
    for node in ast.walk(tree):
        names, held = [], node
        while isinstance(held, ast.Attribute):
            names.insert(0, held.attr)
            held = held.value
        if names and isinstance(held, ast.Name) and held.id in known:
            module, name = known[held.id]
            yield node.lineno, module, [name, *names]


def is_member(value):
    """Tell whether a value is a member of an enumeration, of Python's or of sip's."""
    return isinstance(value, enum.Enum) or type(type(value)).__name__ == "enumtype"


def unscoped(module, names):
    """Tell whether a member of an enumeration is named without its enumeration."""
    held = importlib.import_module(module)
    for name in names:
        owner, held = held, getattr(held, name)
        if is_member(held):
            return not (isinstance(owner, enum.EnumMeta) or type(owner).__name__ == "enumtype")
    return False


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT / "qgis_plugin").as_posix())
def test_every_enumeration_is_scoped_and_no_name_is_of_qt5_alone(path):
    assert [f"{line} {'.'.join(names)}" for line, module, names in chains(path) if unscoped(module, names)] == []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    gone = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in GONE]
    gone += [name for _, name in imported(tree).values() if name in GONE_NAMES]
    assert gone == []


def test_no_name_came_after_the_least_qgis():
    named = {".".join(names) for path in SOURCES for _, _, names in chains(path)}
    assert "QgsSymbolLayer.Property.PropertyFillColor" in named
    assert [name for name in sorted(named) if name.startswith(LATER)] == []


def test_the_check_finds_what_it_looks_for(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text(
        "from qgis.PyQt.QtCore import Qt\nfrom qgis.core import QgsTask\n"
        "a = Qt.AlignRight\nb = Qt.AlignmentFlag.AlignRight\nc = QgsTask.CanCancel\nd = QgsTask.Flag.CanCancel\n",
        encoding="utf-8",
    )
    assert [line for line, module, names in chains(bad) if unscoped(module, names)] == [3, 5]


@pytest.fixture(scope="session")
def qt6():
    need(QT6.is_file(), f"{QT6}: not there; sh scripts/test.sh makes it")
    return QT6


def test_every_name_of_qt_is_there_in_qt6(qt6, run):
    taken = {(module, tuple(names)) for path in SOURCES for _, module, names in chains(path)}
    taken |= {
        (module, (name,)) for path in SOURCES for module, name in imported(ast.parse(path.read_text("utf-8"))).values()
    }
    wanted = sorted(one for one in taken if one[0].startswith("qgis.PyQt."))
    assert len(wanted) > 100
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent / "qt6"), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [qt6, "-c", RESOLVE], input=json.dumps(wanted), capture_output=True, text=True, env=environment, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("locale", ["zh-Hans", "en"])
def test_widgets_run_on_qt6(qt6, plugin_folder, built, tmp_path, locale):
    shutil.copytree(built / "out", tmp_path / "map")
    room = PICTURES / f"qt6_{locale}"
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": f"{plugin_folder.parent}{os.pathsep}{Path(__file__).parent / 'qt6'}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "ONEMAP_LOCALE": locale,
        "ONEMAP_PROFILE": str(tmp_path),
        "ONEMAP_PYTHON": sys.executable,
    }
    done = subprocess.run(
        [qt6, Path(__file__).parent / "qt6" / "drive.py", tmp_path / "map" / "onemap.gpkg", room, sys.executable],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["qt"].startswith("6.")
    assert (seen["cases"], seen["wall"]["near"]) == (1012, str(seen["near_border"]))
    assert seen["matters"] > 0
    assert seen["who"]
    assert seen["grids"] > 1
    assert len(seen["live"]) == 2
    assert seen["note"] == "%PDF-"
    assert "\n" in seen["options"]
    assert {path.name for path in room.glob("*.png")} == {
        "cases.png",
        "findings.png",
        "edit.png",
        "wall.png",
        "options.png",
    }
