"""Loading and unloading leaves QGIS as it was, as often as one likes."""

import shutil

import pytest
from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QCoreApplication, QEvent
from qgis.PyQt.QtWidgets import QAction, QDockWidget, QPushButton, QToolBar


def counted(desktop):
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
    window = desktop.window
    return {
        "actions": len([item for item in window.findChildren(QAction) if item.objectName().startswith("onemap")]),
        "docks": len(window.findChildren(QDockWidget)),
        "toolbars": len(window.findChildren(QToolBar)),
        "children": len(window.children()),
        "menu": len(desktop.menu),
        "options": len(desktop.factories),
        "providers": len(QgsApplication.processingRegistry().providers()),
    }


def test_load_unload_and_reload_twice(plugin, desktop, one_map, english):
    before = counted(desktop)
    for _ in range(3):
        made = plugin("").classFactory(desktop)
        made.initGui()
        loaded = counted(desktop)
        assert (loaded["docks"], loaded["toolbars"], loaded["menu"], loaded["options"]) == (1, 1, 2, 1)
        assert loaded["providers"] == before["providers"] + 1
        made.open_one_map(one_map)
        made.unload()
        assert counted(desktop) == before
    QgsProject.instance().clear()  # nothing that was unloaded still listens


def test_unloading_twice_does_no_harm(plugin, desktop, english):
    made = plugin("").classFactory(desktop)
    made.initGui()
    made.unload()
    made.unload()


def test_everything_has_a_name(plugin, desktop, english):
    made = plugin("").classFactory(desktop)
    made.initGui()
    try:
        assert made.controller.dock.objectName() == "onemapDock"
        assert [bar.objectName() for bar in desktop.window.findChildren(QToolBar)] == ["onemapToolbar"]
    finally:
        made.unload()


def test_without_the_library_the_map_is_shown_and_it_is_said(plugin, desktop, one_map, qtbot, english, monkeypatch):
    monkeypatch.setenv("ONEMAP_PYTHON", "/nowhere/python")
    made = plugin("").classFactory(desktop)
    made.initGui()
    try:
        made.open_one_map(one_map)
        dock = made.controller.dock
        qtbot.waitUntil(lambda: dock.engine.text() == "engine: not found", timeout=10_000)
        assert "/nowhere/python" in dock.engine.toolTip()
        qtbot.waitUntil(lambda: not dock.cases.is_loading, timeout=10_000)
        assert dock.cases.model.rowCount() > 0
    finally:
        made.unload()


def test_with_the_library_it_is_ready(plugin, desktop, qtbot, english, library):
    made = plugin("").classFactory(desktop)
    made.initGui()
    try:
        qtbot.waitUntil(lambda: made.controller.dock.engine.text().startswith("engine: ready"), timeout=20_000)
    finally:
        made.unload()


def test_a_wrong_file_is_a_message_not_an_error_and_leaves_with_the_next_map(
    plugin, desktop, one_map, tmp_path, english
):
    made = plugin("").classFactory(desktop)
    made.initGui()
    try:
        made.open_one_map(tmp_path / "none.gpkg")
        assert "not a map that onemap published" in desktop.bar.currentItem().text()
        made.open_one_map(one_map)
        assert not [item for item in desktop.bar.items() if "not a map that onemap published" in item.text()]
    finally:
        made.unload()


def test_the_offer_of_a_kept_project_leaves_once_it_is_taken_or_the_project_is_another_one(
    plugin, desktop, tmp_path, english, monkeypatch
):
    taken = []
    monkeypatch.setattr(desktop, "addProject", taken.append, raising=False)
    kept = tmp_path / "onemap.qgz"
    kept.touch()
    made = plugin("").classFactory(desktop)
    made.initGui()
    try:
        for leave in (lambda: desktop.bar.currentItem().findChild(QPushButton).click(), QgsProject.instance().clear):
            made._keep_project(tmp_path / "onemap.gpkg")
            made._keep_project(tmp_path / "onemap.gpkg")
            assert ["onemap.qgz" in item.text() for item in desktop.bar.items()] == [True]
            leave()
            assert desktop.bar.items() == []
        assert taken == [str(kept)]
        made._keep_project(tmp_path / "onemap.gpkg")
    finally:
        made.unload()
    assert desktop.bar.items() == []


@pytest.mark.parametrize("language", ["chinese", "english"])
def test_texts_follow_qgis(plugin, desktop, request, language):
    request.getfixturevalue(language)
    made = plugin("").classFactory(desktop)
    made.initGui()
    try:
        assert made.controller.dock.windowTitle() == {"chinese": "一张图", "english": "onemap"}[language]
        assert made.controller.dock.tabs.tabText(1) == {"chinese": "案件", "english": "Cases"}[language]
    finally:
        made.unload()


def test_a_map_that_an_algorithm_opens_is_listed(plugin, desktop, one_map, qtbot, english):
    """Whoever adds the layers of a one map, the dock sees them; when they go, it is empty again."""
    made = plugin("").classFactory(desktop)
    made.initGui()
    try:
        held = plugin("project.one_map_file").open_one_map(one_map)
        plugin("project.fill").fill_project(QgsProject.instance(), held, language="en")
        qtbot.waitUntil(lambda: made.controller.one_map is not None, timeout=5_000)
        QgsProject.instance().removeAllMapLayers()
        qtbot.waitUntil(lambda: made.controller.one_map is None, timeout=5_000)
    finally:
        made.unload()


def test_layers_for_print_stay_folded_when_their_project_is_read(plugin, desktop, one_map, tmp_path, qtbot, english):
    """QGIS chooses the first layer of a project that it reads, and unfolds the group in which it lies: theirs."""
    shutil.copytree(one_map.parent, tmp_path / "map")
    held = plugin("project.one_map_file").open_one_map(tmp_path / "map" / one_map.name)
    project = QgsProject.instance()
    project.clear()
    plugin("project.hall").make_hall(project, held, language="en")
    project.layerTreeRoot().findGroup("For print").setExpanded(True)
    assert project.write(str(tmp_path / "map" / "kept.qgz"))
    project.clear()
    made = plugin("").classFactory(desktop)
    made.initGui()
    try:
        assert project.read(str(tmp_path / "map" / "kept.qgz"))
        qtbot.waitUntil(lambda: not project.layerTreeRoot().findGroup("For print").isExpanded(), timeout=10_000)
    finally:
        made.unload()
        project.clear()
