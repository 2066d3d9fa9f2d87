"""Grids edited from the desktop with the real library: cells chosen on the map, moved, split, merged, saved anew."""

import hashlib
import os
import signal
import sqlite3
from contextlib import closing
from os.path import commonprefix

import pytest
from qgis.core import Qgis, QgsGeometry, QgsMapLayer, QgsPalLayerSettings, QgsProject
from qgis.PyQt.QtCore import QProcess, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QPushButton

from .test_decisions import open_controller, own_map
from .test_findings import shown
from .test_worker import until

__all__ = ["own_map", "shown"]
AGENCY = "duty_grid:城管执法局"


@pytest.fixture
def editing(shown):
    tab = shown.dock.edit
    shown.dock.tabs.setCurrentWidget(tab)
    until(lambda: tab.grouping.count() > 0)
    tab.grouping.setCurrentIndex(tab.grouping.findData(AGENCY))
    tab.begin.click()
    until(lambda: shown.edit.draft is not None, seen=tab.status.text)
    return shown


def land(editing, cell):
    draft = editing.edit.draft
    return next(QgsGeometry(f.geometry()) for f in draft.layer.getFeatures() if f["cell"] == cell)


def pick(editing, *cells):
    """Click the cells on the map."""
    for cell in cells:
        editing.edit.choose_at(land(editing, cell).pointOnSurface().asPoint())
    assert editing.edit.draft.chosen() == sorted(cells)


def totals(editing):
    return {row["grid"]: (row["cells"], row["residents"]) for row in editing.dock.edit.model.rows}


def neighbours(editing):
    """Return two cells of one grid, and another grid."""
    grids = editing.edit._grids
    first, *_ = sorted(cell for cell, grid in grids.items() if grid)
    for second in sorted(grids):
        if second != first and grids[second] == grids[first]:
            common = land(editing, first).intersection(land(editing, second))
            if common.length() > 1:
                return first, second, next(grid for grid in sorted(totals(editing)) if grid != grids[first])
    raise AssertionError


def test_the_draft_shows_every_cell_in_the_colour_of_its_grid(editing):
    draft = editing.edit.draft
    assert {f["cell"]: f["grid"] for f in draft.layer.getFeatures()} == editing.edit._grids
    assert {category.value() for category in draft.layer.renderer().categories()} == {*totals(editing), ""}
    assert editing.dock.edit.status.text()


def test_many_grids_share_few_symbols_and_keep_their_colours(editing, plugin, monkeypatch):
    draft_layer, tab = plugin("console.editing.draft_layer"), editing.dock.edit
    tab.end.click()
    monkeypatch.setattr(draft_layer, "_LEGEND", 3)
    tab.begin.click()
    until(lambda: editing.edit.draft is not None, seen=tab.status.text)
    draft = editing.edit.draft
    renderer = draft.layer.renderer()
    assert renderer.classAttribute() == "hue"
    assert len(renderer.categories()) == len(draft_layer.HUES) + 1
    painted = {category.value(): category.symbol().color().name().upper() for category in renderer.categories()}
    of = {f["cell"]: (f["grid"], f["hue"]) for f in draft.layer.getFeatures()}
    wanted = {cell: draft.colours.get(grid, draft_layer.NOBODY).upper() for cell, grid in editing.edit._grids.items()}
    assert {cell: painted[hue] for cell, (_, hue) in of.items()} == wanted
    cell, _, target = neighbours(editing)
    pick(editing, cell)
    tab.choose(target)
    tab.buttons["move"].click()
    until(lambda: editing.edit._grids[cell] == target, seen=tab.status.text)
    hue = next(f["hue"] for f in draft.layer.getFeatures() if f["cell"] == cell)
    assert painted[hue] == draft.colours[target].upper()


def test_moved_with_live_totals_and_taken_back(editing):
    cell, _, target = neighbours(editing)
    home, before = editing.edit._grids[cell], totals(editing)
    pick(editing, cell)
    tab = editing.dock.edit
    tab.choose(target)
    tab.buttons["move"].click()
    until(lambda: editing.edit._grids[cell] == target, seen=tab.status.text)
    assert totals(editing)[target][0] == before[target][0] + 1
    assert totals(editing)[home][0] == before[home][0] - 1
    shown_grid = next(f["grid"] for f in editing.edit.draft.layer.getFeatures() if f["cell"] == cell)
    assert shown_grid == target
    editing.undo()
    until(lambda: editing.edit._grids[cell] == home)
    assert totals(editing) == before
    editing.redo()
    until(lambda: editing.edit._grids[cell] == target)


def test_opening_tells_how_far_it_is_and_can_be_stopped(shown, plugin, monkeypatch):
    """Stopped while the library reads, and while the cells are drawn: nothing is left; begun again, all is there."""
    monkeypatch.setattr(plugin("console.editing.edit_desk"), "MOMENT_S", 0.0)  # a few cells, then the window again
    monkeypatch.setattr(plugin("console.editing.draft_layer"), "_AT_A_TIME", 5)
    tab, desk = shown.dock.edit, shown.edit
    shown.dock.tabs.setCurrentWidget(tab)
    until(lambda: tab.grouping.count() > 0)
    layers = set(QgsProject.instance().mapLayers())
    tab.begin.click()
    assert (tab.end.text(), tab.end.isEnabled(), tab.begin.isEnabled()) == ("Stop", True, False)
    tab.end.click()
    until(lambda: "cancelled" in tab.status.text(), seen=tab.status.text)
    assert tab.begin.isEnabled()
    assert tab.progress.isHidden()
    tab.begin.click()
    seen = []
    tab.progress.valueChanged.connect(seen.append)
    until(lambda: desk._steps is not None, seen=tab.status.text)
    tab.end.click()
    assert desk._steps is None
    assert (tab.end.text(), tab.begin.isEnabled(), tab.progress.isHidden()) == ("End", True, True)
    assert desk.draft is None
    assert set(QgsProject.instance().mapLayers()) == layers
    seen.clear()
    tab.begin.click()
    until(lambda: desk.draft is not None, seen=tab.status.text)
    assert seen == sorted(seen)
    assert len(seen) > len(desk._grids) / 5
    assert {f["cell"]: f["grid"] for f in desk.draft.layer.getFeatures()} == desk._grids
    assert tab.progress.isHidden()


def kill_library(editing):
    os.kill(editing.worker.findChildren(QProcess)[-1].processId(), signal.SIGKILL)


def move_one(editing):
    """Move a cell to another grid; return both."""
    cell, _, target = neighbours(editing)
    pick(editing, cell)
    tab = editing.dock.edit
    tab.choose(target)
    tab.buttons["move"].click()
    until(lambda: editing.edit._grids[cell] == target, seen=tab.status.text)
    return cell, target


def test_a_library_that_ends_gives_the_draft_back_with_its_steps(editing):
    tab, told = editing.dock.edit, []
    editing.edit.told.connect(told.append)
    cell, target = move_one(editing)
    home = next(grid for grid in totals(editing) if grid != target)
    editing.undo()
    until(lambda: editing.edit._grids[cell] != target)
    editing.redo()
    until(lambda: editing.edit._grids[cell] == target)
    grids, sums = dict(editing.edit._grids), totals(editing)
    kill_library(editing)
    until(lambda: editing.edit.draft is None)
    assert tab.status.text() == "The engine stopped. The draft comes back with all its steps once it runs again."
    assert all(layer.name() != "Draft of the grids" for layer in QgsProject.instance().mapLayers().values())
    until(lambda: editing.edit.draft is not None, seen=tab.status.text)
    until(lambda: editing.edit._grids == grids, seen=tab.status.text)
    until(lambda: len(editing.edit._deeds) == 3)
    assert told == ["The draft is back, and its steps were made again."]
    assert totals(editing) == sums
    assert home in sums
    assert str(tab.grouping.currentData()) == AGENCY
    assert editing.edit.unsaved
    editing.undo()
    until(lambda: editing.edit._grids[cell] != target)
    assert not editing.edit.unsaved


def test_a_draft_of_another_map_does_not_come_back(editing, one_map):
    move_one(editing)
    kill_library(editing)
    until(lambda: editing.edit.draft is None)
    warm = []
    editing.worker.opened.connect(warm.append)
    editing.show(one_map)
    tab = editing.dock.edit
    until(lambda: warm and tab.begin.isEnabled() and "Begin." in tab.status.text(), seen=tab.status.text)
    assert editing.edit._steps is None
    assert editing.edit.draft is None


def test_a_draft_that_waits_to_come_back_is_not_dropped_unasked(editing):
    tab = editing.dock.edit
    move_one(editing)
    QgsProject.instance().removeMapLayer(editing.edit.draft.layer.id())
    assert not editing.edit.lets_go()
    assert tab.end.isEnabled()
    tab.end.click()
    assert tab.bar.words.text() == "What was edited is not saved as a version. End all the same?"
    QTest.keyClick(tab.bar.ok, Qt.Key.Key_Return)
    assert editing.edit.lets_go()
    tab.begin.click()
    until(lambda: editing.edit.draft is not None, seen=tab.status.text)
    assert editing.edit._deeds == []


def test_what_was_saved_comes_back_as_saved(editing):
    tab = editing.dock.edit
    cell, target = move_one(editing)
    editing.edit.save("2030-01-01", "evened out")
    until(lambda: editing.desk.entries, seen=tab.status.text)
    assert not editing.edit.unsaved
    kill_library(editing)
    until(lambda: editing.edit.draft is None)
    assert editing.edit.lets_go()
    until(lambda: editing.edit.draft is not None and editing.edit._grids[cell] == target, seen=tab.status.text)
    assert not editing.edit.unsaved
    assert editing.edit.lets_go()


def test_ended_while_it_comes_back_it_stays_away(editing):
    tab = editing.dock.edit
    move_one(editing)
    kill_library(editing)
    until(lambda: editing.edit._opening, seen=tab.status.text)
    tab.end.click()
    QTest.keyClick(tab.bar.ok, Qt.Key.Key_Return)
    assert editing.edit._lost is None
    until(tab.begin.isEnabled, seen=tab.status.text)
    assert editing.edit.draft is None


def drafts(project):
    return [layer for layer in project.mapLayers().values() if layer.customProperty("onemap/draft")]


def test_a_draft_that_somebody_removes_from_the_map_comes_back_with_its_steps(editing):
    cell, target = move_one(editing)
    tab, project = editing.dock.edit, QgsProject.instance()
    project.removeMapLayer(editing.edit.draft.layer.id())
    assert editing.edit.draft is None
    assert tab.status.text() == "The draft was removed from the map. Begin brings it back with its steps."
    assert (tab.end.isEnabled(), tab.begin.isEnabled()) == (True, True)  # brought back, or given up
    tab.begin.click()
    until(lambda: editing.edit.draft is not None and editing.edit._grids[cell] == target, seen=tab.status.text)
    assert len(drafts(project)) == 1
    tab.buttons["undo"].click()
    until(lambda: editing.edit._grids[cell] != target)
    project.removeMapLayer(editing.edit.draft.layer.id())
    assert tab.status.text() == "The draft was removed from the map."
    tab.begin.click()
    until(lambda: editing.edit.draft is not None, seen=tab.status.text)
    assert editing.edit._grids[cell] != target


def test_a_project_that_goes_takes_the_draft_with_it(editing):
    move_one(editing)
    QgsProject.instance().clear()
    assert editing.edit.draft is None
    editing.edit.end()


def test_a_project_keeps_no_draft(plugin, editing, own_map):
    project, draft = QgsProject.instance(), editing.edit.draft
    seen = draft.layer.flags()
    assert project.write(str(own_map.with_name("kept.qgz")))
    until(lambda: draft.layer.flags() == seen)
    kept = QgsProject()
    assert kept.read(str(own_map.with_name("kept.qgz")))
    (left,) = drafts(kept)
    assert left.flags() & QgsMapLayer.LayerFlag.Private  # where there is no plugin, nobody sees it
    plugin("project.hall").mend_kept(kept)
    assert drafts(kept) == []


def test_what_is_not_saved_is_asked_for_before_it_is_dropped(editing):
    tab, told = editing.dock.edit, []
    editing.edit.told.connect(told.append)
    assert editing.edit.lets_go()
    move_one(editing)
    assert not editing.edit.lets_go()
    assert told == ["Grids are being edited: save them as a version, or end that first."]
    tab.end.click()
    assert editing.edit.draft is not None
    assert tab.bar.words.text() == "What was edited is not saved as a version. End all the same?"
    assert tab.bar.why.isHidden()
    QTest.keyClick(tab.bar.no, Qt.Key.Key_Escape)
    assert tab.bar.isHidden()
    assert editing.edit.draft is not None
    tab.end.click()
    QTest.keyClick(tab.bar.no, Qt.Key.Key_Return)  # Enter at once drops nothing
    assert editing.edit.draft is not None
    tab.end.click()
    QTest.keyClick(tab.bar.ok, Qt.Key.Key_Return)
    assert editing.edit.draft is None
    assert editing.edit.lets_go()


def test_a_rebuilt_map_and_another_one_wait_for_edits_that_are_not_saved(
    plugin, desktop, own_map, qtbot, english, library
):
    center = plugin("plugin").OnemapPlugin(desktop)
    center.initGui()
    try:
        center.open_one_map(own_map)
        shown = center.controller
        tab = shown.dock.edit
        until(lambda: tab.grouping.count() > 0, 60)
        tab.choose_grouping(AGENCY)
        tab.begin.click()
        until(lambda: shown.edit.draft is not None, seen=tab.status.text)
        cell, target = move_one(shown)
        shown.replaced.emit("The one map was built anew.")
        (offer,) = [item for item in desktop.messageBar().items() if item.text() == "The one map was built anew."]
        button = offer.findChild(QPushButton)
        button.click()
        center.open_one_map(own_map)
        assert shown.edit._grids[cell] == target
        assert offer in desktop.messageBar().items()
        shown.edit.end()
        button.click()
        assert offer not in desktop.messageBar().items()
    finally:
        center.unload()
        QgsProject.instance().clear()


def test_without_the_library_the_tab_says_what_is_missing(plugin, desktop, own_map, qtbot, english):
    controller = open_controller(plugin, desktop, own_map, qtbot)
    try:
        tab = controller.dock.edit
        assert tab.status.text() == "Editing needs the library; the foot of this panel says how it is."
        assert not tab.begin.isEnabled()
    finally:
        controller.close()


def test_many_broken_rules_are_counted(editing):
    tab = editing.dock.edit
    state = {"grids": [], "made": 0, "can_redo": False}
    findings = [{"grid": "g", "reason": {"en": f"rule {n}", "zh": ""}} for n in range(1_234)]
    tab.show_state(state | {"findings": findings}, {})
    assert tab.rules.count() == 201
    assert tab.rules.item(200).text() == "... and 1,034 more"
    assert tab.rules.item(0).text() == "rule 0"
    tab.model.names = {"g": "Third District"}
    tab.show_state(state | {"findings": findings[:1]}, {})
    assert tab.rules.item(0).text() == "Third District: rule 0"  # the table knows the grid by this name


def test_merged_and_split(editing):
    first, second, _ = neighbours(editing)
    both = land(editing, first).combine(land(editing, second))
    pick(editing, first, second)
    editing.dock.edit.buttons["merge"].click()
    until(lambda: first not in editing.edit._grids, seen=editing.dock.edit.status.text)
    (new,) = [f["cell"] for f in editing.edit.draft.layer.getFeatures() if f["cell"] not in (first, second)
              and f.geometry().contains(both.pointOnSurface())]  # fmt: skip
    assert land(editing, new).area() == pytest.approx(both.area(), abs=0.01)
    pick(editing, new)
    box = land(editing, new).boundingBox()
    x = box.center().x()
    editing.edit.split(QgsGeometry.fromWkt(f"LINESTRING ({x} {box.yMinimum() - 5}, {x} {box.yMaximum() + 5})"))
    until(lambda: new not in editing.edit._grids, seen=editing.dock.edit.status.text)
    assert sum(f.geometry().area() for f in editing.edit.draft.layer.getFeatures()) == pytest.approx(
        sum(land(editing, cell).area() for cell in editing.edit._grids), abs=0.01
    )


def test_what_is_done_often_stays_under_the_mouse_and_broken_rules_stand_in_their_list(editing):
    first, _, target = neighbours(editing)
    tab = editing.dock.edit
    places = {name: button.pos() for name, button in tab.buttons.items()}
    pick(editing, first)
    tab.choose(target)
    tab.buttons["move"].click()
    until(tab.buttons["save"].isEnabled)
    assert "\n" not in tab.status.text()
    tab.buttons["save"].click()
    assert tab.bar.isVisible()
    assert {name: button.pos() for name, button in tab.buttons.items() if name != "show"} == {
        name: place for name, place in places.items() if name != "show"
    }


@pytest.mark.parametrize(
    ("codes", "common"),
    [
        (["GA110120001", "GA110120010", "GA110120016"], "GA1101200"),
        (["Cluster 1", "Cluster 10"], "Cluster "),
        (["1", "2"], ""),
        (["110120001"], ""),
    ],
)
def test_cells_bear_what_tells_their_grids_apart(plugin, codes, common):
    assert plugin("console.editing.draft_layer")._common(codes) == common


def test_the_cells_that_are_chosen_are_counted_in_words(editing):
    first, second, _ = neighbours(editing)
    pick(editing, first)
    assert editing.dock.edit.status.text() == f"1 cell chosen: {first}"
    editing.edit.choose_at(land(editing, second).pointOnSurface().asPoint())
    assert editing.dock.edit.status.text().startswith("2 cells chosen: ")


def test_the_legend_of_the_draft_has_the_names_of_the_table(editing):
    draft = editing.edit.draft
    titles = {one.value(): one.label() for one in draft.layer.renderer().categories()}
    names = editing.dock.edit.model.names
    assert {grid: titles[grid] for grid in totals(editing)} == {grid: names[grid] for grid in totals(editing)}
    labeling = draft.layer.labeling()
    written = labeling.settings().fieldName
    ending = f'substr("grid", {1 + len(commonprefix(sorted(totals(editing))))})'  # noqa: RUF071 - of letters
    assert written == f'if(@map_scale > 8000, "name", {ending})'
    assert labeling.settings().placement == Qgis.LabelPlacement.OverPoint  # 1,024 names around areas: 22 s a drawing


def test_of_very_many_grids_names_are_drawn_where_few_are_in_view(plugin, editing, own_map):
    map_file = plugin("project.one_map_file").open_one_map(own_map)
    draft_layer = plugin("console.editing.draft_layer")
    many = draft_layer.DraftLayer(map_file, {f"C{n}": f"G{n:04d}" for n in range(101)}, editing.edit.draft.layer.crs())
    for layer, limited in ((many.layer, True), (editing.edit.draft.layer, False)):
        labeling = layer.labeling()
        settings = labeling.settings()
        assert (settings.scaleVisibility, settings.minimumScale) == (limited, 30_000)


def test_steps_are_those_of_the_draft_also_beside_an_answer(editing):
    """A search turns to the answer; the key that takes back means the grids still, not an older decision."""
    cell, *_ = neighbours(editing)
    before = dict(editing.edit._grids)
    target = next(grid for grid in sorted(totals(editing)) if grid != before[cell])
    pick(editing, cell)
    editing.dock.edit.choose(target)
    editing.edit.move()
    until(lambda: editing.edit._grids[cell] == target)
    editing.dock.tabs.setCurrentWidget(editing.dock.who)
    editing.undo()
    until(lambda: editing.edit._grids == before)
    editing.redo()
    until(lambda: editing.edit._grids[cell] == target)
    assert editing.desk.entries == []


def test_each_grid_is_named_once_and_the_name_follows_its_cells(editing):
    tab, draft = editing.dock.edit, editing.edit.draft

    def named():
        return {f["grid"]: (f["name"], f["cell"]) for f in draft.layer.getFeatures() if f["name"]}

    def right():
        told = [(f["grid"], f["name"]) for f in draft.layer.getFeatures() if f["name"]]
        with_cells = {grid for grid in editing.edit._grids.values() if grid}
        return sorted(told) == sorted((grid, tab.model.names.get(grid) or grid) for grid in with_cells)

    assert right()
    home, (_, cell) = next(iter(named().items()))
    target = next(grid for grid in sorted(totals(editing)) if grid != home)
    editing.edit.choose_at(land(editing, cell).pointOnSurface().asPoint())
    tab.choose(target)
    editing.edit.move()
    until(lambda: editing.edit._grids[cell] == target)
    assert right()
    assert named()[home][1] != cell
    before = named()
    editing.edit.undo()
    until(lambda: editing.edit._grids[cell] == home)
    assert right()
    assert named()[home][1] == cell
    assert named() != before


def check_version_in_project(editing, versions, path, cell, target):
    """The saved version opens beside the map's grids: in their style, with what changed, once, and by a relative path."""
    tab, project = editing.dock.edit, QgsProject.instance()
    assert tab.version == path
    before = {layer.source() for layer in project.mapLayers().values()}
    tab.buttons["show"].click()
    tab.buttons["show"].click()
    (group,) = [group for group in project.layerTreeRoot().findGroups() if group.customProperty("onemap/version")]
    assert path.name in group.name()
    assert group is project.layerTreeRoot().children()[0]
    changed, grids, cells = [node.layer() for node in group.findLayers()]
    assert before < {layer.source() for layer in project.mapLayers().values()}
    assert versions.version_cells(project, "grid_cell") == cells  # dialogs that compare versions begin with it
    assert versions.version_cells(project, "grid_street") is None
    assert [feature["cell_code"] for feature in changed.getFeatures()] == [cell]
    assert cells.featureCount() == len(editing.edit._grids)
    assert {feature["duty_code"] for feature in grids.getFeatures()} == {*editing.edit._grids.values()} - {""}
    of = {f["cell_code"]: f["duty_code"] for f in cells.getFeatures()}
    assert of[cell] == target
    home = next(
        layer for layer in project.mapLayers().values() if layer.customProperty("onemap/layer_id") == "grid_cell"
    )
    assert cells.renderer().dump() == home.renderer().dump()
    assert cells.minimumScale() == home.minimumScale()
    assert all(not layer.customProperty("onemap/layer_id") for layer in (changed, grids, cells))
    labeling = cells.labeling()  # each is held: what the next returns is a part of it
    settings = labeling.settings()
    properties = settings.dataDefinedProperties()
    numbered = properties.property(QgsPalLayerSettings.Property.Show)
    assert numbered.expressionString() == f"NOT is_layer_visible('{home.id()}')"  # moved cells keep their number
    assert tab.status.text() == f"In the project: {group.name()}. Switch it on and off to compare."
    assert not path.with_name(path.name + "-wal").exists()


def test_a_version_of_a_level_opens_with_its_areas(shown, own_map):
    tab, project = shown.dock.edit, QgsProject.instance()
    until(lambda: tab.grouping.count() > 0)
    tab.choose_grouping("grid_community")
    tab.begin.click()
    until(lambda: shown.edit.draft is not None, seen=tab.status.text)
    cell, target = move_one(shown)
    shown.edit.save("2030-01-01", "evened out")
    until(lambda: shown.desk.entries, seen=tab.status.text)
    tab.buttons["show"].click()
    (group,) = [group for group in project.layerTreeRoot().findGroups() if group.customProperty("onemap/version")]
    changed, areas, cells = [node.layer() for node in group.findLayers()]
    assert [feature["cell_code"] for feature in changed.getFeatures()] == [cell]
    shapes = {feature["community_code"]: feature.geometry() for feature in areas.getFeatures()}
    land = next(feature.geometry() for feature in cells.getFeatures() if feature["cell_code"] == cell)
    assert shapes[target].contains(land.pointOnSurface())
    assert sum(shape.contains(land.pointOnSurface()) for shape in shapes.values()) == 1
    assert areas.name() == "Communities from 2030-01-01"


def test_a_file_that_is_no_version_is_refused_in_words(editing, own_map):
    tab = editing.dock.edit
    wrong = own_map.with_name("onemap.grids-2030-01-01.gpkg")
    wrong.write_bytes(own_map.read_bytes())
    editing.edit._list_versions()
    assert tab.version == wrong
    tab.buttons["show"].click()
    assert tab.status.text() == f"{wrong.name}: not a version of grids that was saved here"
    wrong.unlink()
    tab.buttons["show"].click()
    assert tab.buttons["show"].isHidden()


def test_saved_beside_the_map_which_stays_as_it_is(editing, own_map, plugin):
    seal = hashlib.sha256(own_map.read_bytes()).hexdigest()
    cell, _, target = neighbours(editing)
    tab = editing.dock.edit
    assert not tab.buttons["save"].isEnabled()
    pick(editing, cell)
    tab.choose(target)
    tab.buttons["move"].click()
    until(tab.buttons["save"].isEnabled)
    tab.buttons["save"].click()
    day = tab.bar.day.date().toString("yyyy-MM-dd")
    tab.bar.why.setText("evened out")
    QTest.keyClick(tab.bar.why, Qt.Key.Key_Return)
    until(lambda: editing.desk.entries)
    path = own_map.with_name(f"onemap.grids-{day}.gpkg")
    (entry,) = editing.desk.entries
    assert (entry.verb, entry.subject, entry.value, entry.why) == ("save_version", path.name, day, "evened out")
    with closing(sqlite3.connect(path)) as connection:
        saved = dict(connection.execute("SELECT cell_code, duty_code FROM grid_cell"))
    assert saved == {code: grid or None for code, grid in editing.edit._grids.items()}
    assert hashlib.sha256(own_map.read_bytes()).hexdigest() == seal
    check_version_in_project(editing, plugin("project.version_layers"), path, cell, target)
    tab.end.click()  # nothing would be lost, so nothing is asked
    assert editing.edit.draft is None
    assert all(layer.name() != "Draft of the grids" for layer in QgsProject.instance().mapLayers().values())


def test_people_that_nobody_counted_are_an_empty_column(plugin, qgis_app, english):
    model = plugin("console.editing.tab").GridModel()
    model.show([{"grid": "g1", "cells": 2, "area_m2": 10.0, "parts": 1}], [], {})
    people = model.index(0, 3)
    assert model.data(people) == ""
    assert model.data(people, Qt.ItemDataRole.ToolTipRole).endswith("does not tell how many people live there.")
    model.show([{"grid": "g1", "cells": 2, "area_m2": 10.0, "parts": 1, "residents": 0.0}], [], {})
    assert model.data(people) == "0"
