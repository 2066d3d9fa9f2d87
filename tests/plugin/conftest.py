"""The plugin as users get it: unpacked from its zip. The one map as they get it: made by the library's command."""

import importlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from qgis.core import QgsProject, QgsSettings
from qgis.gui import QgsMapCanvas, QgsMessageBar
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QMainWindow

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "out" / "pictures"
NAME = "onemap_center"


def pytest_terminal_summary(terminalreporter) -> None:
    """Say where the pictures of the desktop lie, those of failed tests too; pytest's own closing line comes after."""
    made = sum(1 for kind in ("*.png", "*.jpg") for _ in PICTURES.rglob(kind))
    if made:
        terminalreporter.section("pictures")
        terminalreporter.write_line(f"{made} pictures of the desktop: {PICTURES}")


def run_program(*arguments, **environment):
    """Run a program and return what it said; its output stands in the failure when it fails."""
    done = subprocess.run(
        list(map(str, arguments)), capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def run():
    return run_program


@pytest.fixture(scope="session")
def plugin_zip(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("zip") / f"{NAME}.zip"
    run_program(sys.executable, ROOT / "scripts" / "package_plugin.py", target)
    return target


@pytest.fixture(scope="session")
def plugin_folder(plugin_zip, tmp_path_factory) -> Path:
    """Return the unpacked plugin; its parent is on the module path."""
    folder = tmp_path_factory.mktemp("plugins")
    with zipfile.ZipFile(plugin_zip) as archive:
        archive.extractall(folder)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    return folder / NAME


@pytest.fixture(scope="session")
def plugin(plugin_folder):
    """Return a function that imports a module of the plugin by its name inside it."""
    return lambda name: importlib.import_module(f"{NAME}.{name}" if name else NAME)


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """Return the folder of a small sample city: `city/` raw, `out/` built by the whole line."""
    folder = tmp_path_factory.mktemp("small")
    command = (sys.executable, "-I", "-m", "onemap")
    run_program(*command, "sample", folder / "city", "--size", "small")
    run_program(*command, "run", folder / "city" / "onemap.toml", "--out", folder / "out", "--json")
    return folder


@pytest.fixture(scope="session")
def one_map(built) -> Path:
    return built / "out" / "onemap.gpkg"


class Desktop(QObject):
    """What the plugin asks of QGIS's desktop, with real widgets: pytest-qgis's own stub lacks half of it."""

    completed = pyqtSignal()

    def __init__(self):
        super().__init__()
        self.window = QMainWindow()
        self.canvas = QgsMapCanvas(self.window)
        self.bar = QgsMessageBar(self.window)
        self.menu, self.factories, self.searches = [], [], []

    @property
    def initializationCompleted(self):
        return self.completed

    def mainWindow(self):
        return self.window

    def mapCanvas(self):
        return self.canvas

    def messageBar(self):
        return self.bar

    def addDockWidget(self, area, dock):
        self.window.addDockWidget(area, dock)

    def removeDockWidget(self, dock):
        self.window.removeDockWidget(dock)

    def addToolBar(self, title):
        return self.window.addToolBar(title)

    def addPluginToMenu(self, menu, action):
        self.menu.append(action)

    def removePluginMenu(self, menu, action):
        self.menu.remove(action)

    def registerOptionsWidgetFactory(self, factory):
        self.factories.append(factory)

    def unregisterOptionsWidgetFactory(self, factory):
        self.factories.remove(factory)

    def registerLocatorFilter(self, search):
        self.searches.append(search)

    def deregisterLocatorFilter(self, search):
        self.searches.remove(search)

    def newProject(self, ask):
        QgsProject.instance().clear()
        return True


@pytest.fixture
def desktop(qgis_app):
    made = Desktop()
    made.window.resize(1200, 800)
    yield made
    QgsProject.instance().clear()
    made.window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    made.window.close()


@pytest.fixture(autouse=True)
def own_settings(qgis_app, monkeypatch):
    """No test sees another's settings, nor those of the person who runs it."""
    for key in (
        "onemap/python",
        "onemap/last_folder",
        "onemap/dock_seen",
        "onemap/dock_widths",
        "onemap/matter",
        "onemap/person",
        "onemap/wheels",
        "onemap/live_sound",
        "onemap/live_badge",
    ):
        QgsSettings().remove(key)
    monkeypatch.delenv("ONEMAP_PYTHON", raising=False)


@pytest.fixture
def chinese(monkeypatch, plugin):
    monkeypatch.setattr("qgis.core.QgsApplication.locale", lambda: "zh-Hans")


@pytest.fixture
def english(monkeypatch, plugin):
    monkeypatch.setattr("qgis.core.QgsApplication.locale", lambda: "en")


@pytest.fixture
def library(monkeypatch):
    """Let the plugin find the library of these tests."""
    monkeypatch.setenv("ONEMAP_PYTHON", sys.executable)
