"""Beside the dock: the note of a shift as HTML and PDF, the wall view, the card of a case, all who answer in an area."""

import errno
import re
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import PureWindowsPath

import pytest
from qgis.core import Qgis, QgsGeometry, QgsMapThemeCollection, QgsPointXY, QgsProject
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QColor, QPalette, QTextDocument
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from .test_decisions import own_map
from .test_findings import answer, shown
from .test_worker import until

__all__ = ["own_map", "shown"]


@pytest.fixture
def case(shown):
    """Make a case in a cell the current one, and wait until it is known who answers."""
    tab = shown.dock.cases
    shown.dock.tabs.setCurrentWidget(tab)
    number = next(n for n, row in enumerate(tab.model.shown) if row.kind == "inside")
    tab.select(number)
    until(lambda: shown.cases._facts.answer, seen=tab.card.toPlainText)
    return tab.row


def with_telephone(shown):
    """Go to the first case whose holder can be called; return what the library answered."""
    tab = shown.dock.cases
    shown.dock.tabs.setCurrentWidget(tab)
    for number, row in enumerate(tab.model.shown):
        if row.kind != "inside":
            continue
        tab.select(number)
        until(lambda: shown.cases._facts.answer)
        if (shown.cases._facts.answer["accountable"] or {}).get("phone"):
            return shown.cases._facts.answer
    raise AssertionError("no case has a holder with a telephone")


def test_the_card_names_the_holder_the_chain_and_the_proof(shown, case, plugin):
    words = shown.dock.cases.card.toPlainText()
    got = shown.cases._facts.answer
    assert case.case in words
    assert all(link["code"] in words for link in got["chain"])
    assert got["sentence"]["en"][:30].split(" ")[0] in words
    if got["accountable"]:
        assert got["accountable"]["name"] in words
        assert not got["accountable"]["phone"] or got["accountable"]["phone"] not in words


def test_the_card_names_the_deputies_of_every_part(shown, plugin, own_map):
    """The sample's deputies are those of grid workers, who bear the territorial part beside the accountable one."""
    with closing(sqlite3.connect(own_map)) as connection:
        people = connection.execute("SELECT grid_code, name, phone FROM holder WHERE deputy > 0").fetchall()
    assert people
    named = 0
    for cell, name, phone in people:
        got = []
        shown.worker.ask("who", {"cell": cell, "matter": "0501", "at": "2026-06-30T10:00"}, got.append, got.append)
        until(lambda got=got: got)
        words = plugin("console.who.card").holder_card(got[0])
        if any(claim["deputies"] for part in got[0]["parts"].values() for claim in part["claims"]):
            assert name in words
            assert phone not in words
            named += 1
    assert named


def test_a_telephone_is_shown_for_a_reason_that_is_kept(shown):
    tab = shown.dock.cases
    person = with_telephone(shown)["accountable"]
    assert person["phone"] not in tab.card.toPlainText()
    tab.card.anchorClicked.emit(plugin_url("onemap:phone"))
    answer(shown.cases.bar, "call about the case")
    assert person["phone"] in tab.card.toPlainText()
    (entry,) = shown.desk.entries
    assert (entry.verb, entry.subject, entry.why) == ("show_phone", person["holder_code"], "call about the case")


def plugin_url(text):
    from qgis.PyQt.QtCore import QUrl

    return QUrl(text)


def test_reassigned_with_a_reason_it_is_asked_for_the_new_cell(shown, case):
    tab = shown.dock.cases
    tab.table.setFocus()
    QTest.keyClick(tab.table, Qt.Key.Key_A)
    other = next(code for code in shown.cases.cells() if code != case.keys[4])
    answer(shown.cases.bar, "seen on the spot", cell=other)
    (entry,) = shown.desk.entries
    assert (entry.verb, entry.subject, entry.value, entry.why) == (
        "reassign_case",
        case.case,
        other,
        "seen on the spot",
    )
    until(lambda: shown.cases._facts.answer.get("cell") == other, seen=tab.card.toPlainText)
    assert "seen on the spot" in tab.card.toPlainText()
    shown.undo()
    until(lambda: shown.cases._facts.answer.get("cell") == case.keys[4], seen=tab.card.toPlainText)
    assert shown.desk.decided == {}


def test_a_photo_beside_the_map_is_shown(shown, plugin, own_map):
    from qgis.PyQt.QtGui import QImage

    made = QImage(40, 30, QImage.Format.Format_RGB32)
    made.fill(QColor("#0072B2"))
    folder = own_map.parent / "photos"
    folder.mkdir()
    made.save(str(folder / "a b.jpg"))
    card, photo_of = plugin("console.card.case_card"), plugin("console.card.photo").photo_of
    photo = photo_of({"picture": "photos/a b.jpg"}, own_map.parent)
    assert photo == folder / "a b.jpg"
    for named in ({"现场照片": "none.jpg；photos/a b.jpg"}, {"PHOTO_1": None, "图片路径": "photos\\a b.jpg"}):
        assert photo_of(named, own_map.parent) == photo
    for lacking in ("photos/none.jpg", "onemap.gpkg", "http://example.org/a.jpg", "x" * 5_000 + ".jpg", 7):
        assert photo_of({"picture": lacking}, own_map.parent) is None
    assert photo_of({"address": "photos/a b.jpg"}, own_map.parent) is None
    row = shown.dock.cases.model.rows[0]
    html = card.case_html(card.CaseFacts(row, [], photo=photo))
    assert re.search(r'<img src="file:///[^"]*a%20b\.jpg"', html)


def test_all_holders_of_an_area_are_named_with_their_share(shown):
    shown.dock.tabs.setCurrentWidget(shown.dock.who)
    cells = QgsProject.instance().mapLayers().values()
    layer = next(layer for layer in cells if layer.customProperty("onemap/layer_id") == "grid_cell")
    shown._canvas.setDestinationCrs(layer.crs())
    middle = layer.extent().center()
    shown.who.draw("area")
    tool = shown.who.drawers["area"]
    for dx, dy in ((-200, -200), (200, -200), (200, 200), (-200, 200)):
        tool.add(QgsPointXY(middle.x() + dx, middle.y() + dy))
    tool.finish()
    until(
        lambda: re.search(r"\d answers? here", shown.dock.who.card.toPlainText()), seen=shown.dock.who.card.toPlainText
    )
    shares = [int(text) for text in re.findall(r"\((\d+)%\)", shown.dock.who.card.toPlainText())]
    assert 98 <= sum(shares) <= 102
    assert shares == sorted(shares, reverse=True)
    shown.who.ask_shape(QgsGeometry.fromPolylineXY([QgsPointXY(middle.x() - 300, middle.y()), middle]))
    until(lambda: re.search(r" m \(", shown.dock.who.card.toPlainText()), seen=shown.dock.who.card.toPlainText)


def test_the_note_tells_what_was_done_and_what_is_open(shown, own_map, tmp_path):
    row = next(row for row in shown.dock.cases.model.rows if row.kind == "near_border")
    shown.desk.decide(row.case, "110120005002001")
    shown.desk.reassign(row.case, "110120005002002", "<b>not</b> there")
    shown.desk.undo_last()
    assert [entry.verb for entry in shown.desk.entries] == ["decide_case", "reassign_case", "undo"]
    shown.windows.show_note()
    note = shown.windows.note
    note.words.setPlainText("Mind the lake.")
    html = note.html()
    assert html.count(row.case) == 2
    assert "&lt;b&gt;not&lt;/b&gt;" in html
    assert "taken back by Wang" in html
    assert "Mind the lake." in html
    states = Counter(row.state for row in shown.dock.cases.model.rows)
    assert re.search(rf"overdue</td><td align='right'>{states['overdue']:,}</td>", html)
    note.save_html(tmp_path / "note.html")
    note.save_pdf(tmp_path / "note.pdf")
    assert (tmp_path / "note.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (tmp_path / "note.pdf").read_bytes()[:5] == b"%PDF-"
    printed = QTextDocument()  # as QTextDocument.print lays it out on A4: 2 cm of margin of its own, none beside it
    printed.setHtml(html)
    printed.setTextWidth(170 / 25.4 * note.logicalDpiX())
    assert printed.size().height() > 0  # laid out now
    told = [printed.findBlockByNumber(number) for number in range(printed.blockCount())]
    whole = [block for block in told if block.text() in (row.case, "110120005002001", "110120005002002")]
    assert len(whole) == 4
    assert {block.layout().lineCount() for block in whole} == {1}  # no code is broken in the middle
    note.since.setDateTime(note.since.dateTime().addDays(1))
    assert row.case not in note.html()


def refused(*_):
    raise PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize(
    ("locale", "told", "no_folder", "is_folder", "not_permitted"),
    [
        (
            "en",
            "could not be saved",
            "there is no such folder",
            "a folder has this name",
            "writing there is not permitted",
        ),
        ("zh-Hans", "无法保存", "没有这个文件夹", "已有同名文件夹", "没有写入权限"),
    ],
)
@pytest.mark.parametrize("kind", ["html", "pdf"])
def test_a_note_that_cannot_be_written_says_so(
    shown, tmp_path, monkeypatch, kind, locale, told, no_folder, is_folder, not_permitted
):
    monkeypatch.setattr("qgis.core.QgsApplication.locale", lambda: locale)
    shown.windows.show_note()
    note = shown.windows.note
    save = {"html": note.save_html, "pdf": note.save_pdf}[kind]
    lacking, folder, file = tmp_path / "none" / "note", tmp_path / "folder", tmp_path / f"note.{kind}"
    folder.mkdir()
    for path, why in ((lacking, no_folder), (folder, is_folder)):
        save(path)
        words = note.status.text()
        assert all(part in words for part in (told, str(path), why)), words
    with monkeypatch.context() as closed:
        closed.setattr("pathlib.Path.write_bytes", refused)
        save(file)
    assert not_permitted in note.status.text()
    save(file)
    assert note.status.text() in (f"Saved: {file}", f"已保存：{file}")
    assert file.stat().st_size > 1_000


def test_the_wall_counts_follows_turns_and_ends_with_esc(shown):
    project = QgsProject.instance()
    record = QgsMapThemeCollection.createThemeFromCurrentState(project.layerTreeRoot(), shown_model(project))
    for name in ("One", "Two"):
        project.mapThemeCollection().insert(name, record)
    shown.windows.show_wall()
    wall = shown.windows.wall
    states = Counter(row.state for row in shown.dock.cases.model.rows)
    assert wall.figures["overdue"].count.text() == f"{states['overdue']:,}"
    assert not wall.map.mapSettings().testFlag(Qgis.MapSettingsFlag.DrawSelection)  # that is the desk's
    assert not wall.map.renderFlag()  # nothing is drawn for a window that has no size yet
    until(wall.map.renderFlag)
    until(lambda: not wall.map.isDrawing() and len(colours_of(wall.map)) > 10)
    first = wall.theme.text()
    wall.turn()
    assert {first, wall.theme.text()} == {"One", "Two"}
    near = int(wall.figures["near_border"].count.text())
    row = next(row for row in shown.dock.cases.model.rows if row.chip == "near_border")
    shown.desk.decide(row.case, row.keys[4] or "110120005002001")
    until(lambda: int(wall.figures["near_border"].count.text()) == near - 1)
    words = " ".join(label.text() for label in wall.latest)
    assert not any(row.holder and row.holder in words for row in shown.dock.cases.model.rows)
    QTest.keyClick(wall, Qt.Key.Key_Escape)
    assert not wall.isVisible()


def test_the_wall_tells_in_full_why_a_case_has_no_cell_and_passes_over_rows_without_number(shown):
    tab = shown.dock.cases
    some = next(row for row in tab.model.rows if row.keys[4])
    made = replace(
        some,
        fid=900_001,
        case="AJ-LATE",
        moment="2099-01-01T00:00:00",
        cells=("AJ-LATE", "2099-01-01 08:00", "Graffiti", "", "no position"),
        keys=("AJ-LATE", "2099-01-01T00:00:00", "Graffiti", "", ""),
    )
    tab.add([made, replace(made, fid=900_002, case="", moment="2099-02-02T00:00:00")])
    shown.windows.show_wall()
    texts = [label.text() for label in shown.windows.wall.latest]
    assert texts[0] == "01-01 08:00  Graffiti  no position"
    assert not any(text == texts[0] for text in texts[1:])
    newest = sorted((row for row in tab.model.rows if row.case), key=lambda row: row.moment)[-2]
    assert texts[1].endswith(newest.keys[4][-7:] or newest.cells[4])


def test_cases_of_an_unknown_state_are_counted_where_there_are_any(shown):
    """They were in no figure: a list of 1,000 cases showed less than 1,000 in wall and note, and nobody saw why."""
    tab = shown.dock.cases
    some = [row for row in tab.model.rows if row.state == "settled"][:3]
    shown.windows.show_wall()
    shown.windows.show_note()
    wall, note = shown.windows.wall, shown.windows.note
    assert wall.figures["unknown"].isHidden()
    assert "state unknown" not in note.html()
    tab.add([replace(row, fid=900_010 + number, state="unknown") for number, row in enumerate(some)])
    until(lambda: not wall.figures["unknown"].isHidden())
    assert wall.figures["unknown"].count.text() == "3"
    assert wall.figures["unknown"].title.text() == "state unknown"
    assert "state unknown</td><td align='right'>3</td>" in note.html()


def test_note_and_wall_go_with_their_map(shown, one_map, own_map, tmp_path):
    """Their title would be of one district, and what they count of another."""
    other = shutil.copytree(one_map.parent, tmp_path / "other") / "onemap.gpkg"
    shown.windows.show_note()
    shown.show(own_map)  # built anew: the note goes on
    assert shown.windows.note is not None
    shown.show(other)
    assert shown.windows.note is None
    shown.windows.show_wall()
    shown.show_nothing()
    assert shown.windows.wall is None


def test_the_wall_fills_the_largest_screen_beside_the_one_that_is_worked_on(plugin, shown):
    desk, beam, wall = (FakeScreen(QSize(*size)) for size in ((2560, 1440), (1024, 768), (1920, 1080)))
    choose = plugin("console.wall.screens").screen_beside
    assert choose([desk], desk) is desk
    for screens in ([desk, wall], [wall, desk], [beam, desk, wall]):
        assert choose(screens, desk) is wall
    assert choose([desk, wall], wall) is desk
    shown.windows.show_wall()  # where these tests run there is one screen
    assert shown.windows.wall.isFullScreen()
    assert shown.windows.wall.geometry() == shown._canvas.screen().geometry()


@dataclass(eq=False)
class FakeScreen:
    """As much of a screen as is asked for."""

    pixels: QSize

    def size(self):
        return self.pixels


def test_note_and_wall_leave_each_other_open(shown):
    """The wall hangs in the hall all day; the note is written beside it."""
    windows = shown.windows
    windows.show_wall()
    wall = windows.wall
    windows.show_note()
    note = windows.note
    assert wall.isVisible()
    note.words.setPlainText("Mind the lake.")
    since = note.since.dateTime().addDays(-1)
    note.since.setDateTime(since)
    windows.show_wall()
    assert windows.wall.isVisible()
    assert note.isVisible()
    windows.show_note()  # asked for again it comes to the front, as it is
    assert windows.note is note
    assert (note.words.toPlainText(), note.since.dateTime()) == ("Mind the lake.", since)
    windows.wall.close()
    assert note.isVisible()


def test_what_was_written_in_the_note_of_a_map_is_there_when_it_opens_again(shown, one_map, own_map, tmp_path):
    other, windows = shutil.copytree(one_map.parent, tmp_path / "other") / "onemap.gpkg", shown.windows
    windows.show_note()
    windows.note.words.setPlainText("Mind the lake.")
    windows.note.close()
    windows.show_note()
    assert windows.note.words.toPlainText() == "Mind the lake."
    QTest.keyClicks(windows.note.words, " And the gate.")
    shown.show(other)
    windows.show_note()
    assert windows.note.words.toPlainText() == ""
    shown.show_nothing()
    shown.show(own_map)
    windows.show_note()
    assert windows.note.words.toPlainText() == "Mind the lake. And the gate."
    assert "And the gate." in windows.note.view.toPlainText()


def test_the_words_have_the_keyboard_and_the_note_fits_its_window(shown):
    row = next(row for row in shown.dock.cases.model.rows if row.kind == "near_border")
    shown.desk.reassign(row.case, "110120005002002", "现场核实后由相邻网格负责" * 2)
    shown.desk.undo_last()
    shown.windows.show_note()
    until(lambda: shown.windows.note.view.document().size().width() > 0)
    assert shown.windows.note.focusWidget() is shown.windows.note.words
    assert shown.windows.note.view.horizontalScrollBar().maximum() == 0


def test_now_ticks_and_the_moment_has_the_zone_of_the_district(shown, monkeypatch):
    import time
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        tab, zone = shown.dock.who, ZoneInfo("Asia/Shanghai")
        tab.moment.setDateTime(tab.moment.dateTime().addDays(-3))
        tab.tick()
        there = datetime.now(zone).replace(tzinfo=None)
        assert abs(tab.moment.dateTime().toPyDateTime() - there) < timedelta(minutes=2)
        assert "at" not in tab.asked()
        tab.now.setChecked(False)
        asked = datetime.fromisoformat(tab.asked()["at"])
        assert asked.utcoffset() == timedelta(hours=8)
        assert abs(asked - datetime.now(zone)) < timedelta(minutes=2)
        held = tab.moment.dateTime()
        tab.tick()
        assert tab.moment.dateTime() == held  # a chosen moment stays
        answers = []
        row = next(row for row in shown.dock.cases.model.rows if row.kind == "inside")
        where = {"x": row.box[0], "y": row.box[1], "matter": tab.matter.itemData(0)}
        shown.worker.ask("who", {**where, "at": "2026-06-30T12:30-04:00"}, answers.append, answers.append)
        until(lambda: answers)
        assert answers[0]["at"].startswith("2026-07-01T00:30")
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_proof_names_layers_in_words_and_folds_files_away(shown, case):
    text = shown.dock.cases.card.toPlainText()
    assert "grid_cell" not in text
    assert ".gpkg" not in text
    assert "EPSG:4548" in text
    shown.dock.cases.card.anchorClicked.emit(plugin_url("onemap:details"))
    assert ".gpkg" in shown.dock.cases.card.toPlainText()


def shown_model(project):
    from qgis.core import QgsLayerTreeModel

    return QgsLayerTreeModel(project.layerTreeRoot())


@pytest.mark.parametrize(("paper", "ink"), [("#FFFFFF", "#000000"), ("#1E2227", "#E6E8EB")])
def test_what_is_said_in_passing_can_be_read_on_light_and_dark(plugin, qgis_app, paper, ink):
    before = QApplication.palette()
    colours = QPalette(before)
    for role, colour in (("Window", paper), ("Base", paper), ("WindowText", ink), ("Text", ink)):
        colours.setColor(getattr(QPalette.ColorRole, role), QColor(colour))
    QApplication.setPalette(colours)
    try:
        tones = plugin("console.tones")
        assert tones.is_dark() == (paper == "#1E2227")
        assert contrast(tones.quiet(), paper) >= 4.5
        assert contrast(tones.tone("ink").name(), tones.tone("paper").name()) >= 4.5
        for name in ("accent", "good", "bad", "grid_line"):  # the map is light paper whatever the theme
            assert contrast(tones.on_map(name).name(), plugin("project.palette").light("paper")) >= 4.5
    finally:
        QApplication.setPalette(before)


def colours_of(widget):
    picture = widget.grab().toImage()
    return {picture.pixel(x, y) for x in range(0, picture.width(), 4) for y in range(0, picture.height(), 4)}


def contrast(one, other):
    """Return the contrast of two colours as WCAG 2.1 defines it."""

    def light(name):
        parts = [value / 255 for value in QColor(name).getRgb()[:3]]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def opened_agencies(project):
    """Return the names of the layers that show one agency's grids, in their order."""
    nodes = project.layerTreeRoot().findLayers()
    return [n.layer().name() for n in nodes if n.layer().customProperty("onemap/paper_id") == "agency"]


def test_the_wall_turns_as_leaders_ask_and_leaves_out_what_is_not_seen(plugin, one_map, qgis_app):
    project, opened = QgsProject(), plugin("project.one_map_file").open_one_map(one_map)
    plugin("project.hall").make_hall(project, opened, language="en")
    turns = plugin("console.wall.turns").turns
    near = turns(project, opened.levels, 2_000)
    first, *others = opened_agencies(project)
    assert others
    others = [f"Responsibility · {agency}" for agency in sorted(others)]
    assert near[: 5 + len(others)] == ["Cases", "Gaps", "Responsibility", *others, "Grids", "Base map"]
    assert f"Responsibility · {first}" in project.mapThemeCollection().mapThemes()  # the same picture as the plain one
    assert near[-1] == "Underground"
    title_of = plugin("console.wall.turns").title_of
    assert [title_of(project, name) for name in near[:3]] == ["Cases", "Gaps", f"Responsibility · {first}"]
    assert title_of(project, f"Night duty · {first}") == f"Night duty · {first}"
    assert not any(name.startswith("Print") for name in near)
    far = turns(project, opened.levels, 36_000)  # cases are shown from 1:25,000, pipes from 1:8,000
    assert far == [name for name in near if name not in ("Cases", "Underground")]
    project.mapThemeCollection().clear()
    assert turns(project, opened.levels, 36_000) == []
    project.clear()


def test_a_case_that_was_reassigned_bears_its_new_cell_also_where_the_map_has_no_duties(plugin, english):
    card, words = plugin("console.who.card"), {"en": "it lies in cell A1 of Ward 2", "zh": ""}
    answer = {"cell": "A1", "sentence": words, "reason": "", "chain": [], "how": "inside", "x": 0.0, "y": 0.0}
    assert "<h2" in card.place_card(answer).partition("A1")[0]
    given = card.place_card(answer, decided="B7")
    assert "B7" in given.partition("</h2>")[0]
    assert "A1" not in given.partition("</h2>")[0]
    assert "By its position: it lies in cell A1 of Ward 2" in given
    assert "By its position" not in card.place_card(answer, decided="A1")


def test_without_duties_the_agencies_grids_are_named_and_the_reason_why_nobody_is(plugin, english):
    grids = [{"agency": "police", "code": "3", "name": "Third District", "holder": ""}]
    answer = {"cell": "A1", "sentence": "", "reason": "", "chain": [], "how": "inside", "duty_grids": grids}
    told = plugin("console.who.card").place_card({**answer, "x": 0.0, "y": 0.0})
    assert "has no duties" in told
    assert "Third District" in told
    assert "has no duties" not in plugin("console.who.card").place_card({**answer, "duty_grids": []})


@pytest.mark.parametrize(
    ("text", "on_windows", "elsewhere"),
    [
        ("file:///D:/photos/a%20b.jpg", "D:/photos/a b.jpg", "/D:/photos/a b.jpg"),
        ("file:/D:/a.jpg", "D:/a.jpg", "/D:/a.jpg"),
        ("file://D:/a.jpg", "D:/a.jpg", "//D:/a.jpg"),
        ("file://localhost/D:/a.jpg", "D:/a.jpg", "/D:/a.jpg"),
        ("file://server/share/%E6%A1%88.jpg", "//server/share/案.jpg", "//server/share/案.jpg"),
        ("file:////server/share/a.jpg", "//server/share/a.jpg", "//server/share/a.jpg"),
        ("file://LOCALHOST/srv/a.jpg", "/srv/a.jpg", "/srv/a.jpg"),
        ("file:///srv/a.jpg", "/srv/a.jpg", "/srv/a.jpg"),
        ("file:a.jpg", "a.jpg", "a.jpg"),
        ("file://[x/a.jpg", "", ""),
    ],
)
def test_a_photo_is_found_by_its_drive_or_its_server(plugin, text, on_windows, elsewhere):
    photo = plugin("console.card.photo")
    assert photo.path_of_uri(text, windows=True) == on_windows
    assert photo.path_of_uri(text, windows=False) == elsewhere
    assert (PureWindowsPath("C:/maps") / on_windows).drive in ("D:", "C:", r"\\server\share")


def test_a_photo_named_as_a_file_uri_is_shown(plugin, tmp_path):
    photo_of, made = plugin("console.card.photo").photo_of, tmp_path / "a b.jpg"
    made.write_bytes(b"no picture, but a file")
    for text in (made.as_uri(), f"none.jpg;{made.as_uri()}", made.as_uri().replace("file:///", "file://localhost/")):
        assert photo_of({"picture": text}, tmp_path / "elsewhere") == made
    for lacking in (made.as_uri().replace("file:///", "file://server/"), "file://[x/a.jpg"):
        assert photo_of({"picture": lacking}, tmp_path) is None


@pytest.fixture
def readings(plugin, monkeypatch):
    """Count how often a journal is read."""
    journal, made = plugin("onemap.domain.journal").Journal, []
    read = journal.entries
    monkeypatch.setattr(journal, "entries", lambda held: made.append(1) or read(held))
    return made


def test_letters_typed_into_the_note_read_no_journal_and_show_it_once(shown, readings, monkeypatch, tmp_path):
    shown.windows.show_note()
    note, drawn = shown.windows.note, []
    assert len(readings) == 1
    read = note._note
    monkeypatch.setattr(note, "_note", lambda: drawn.append(1) or read())
    QTest.keyClicks(note.words, "Mind the lake.")
    assert not drawn
    note.save_html(tmp_path / "note.html")
    assert "Mind the lake." in (tmp_path / "note.html").read_text(encoding="utf-8")  # not those of a moment ago
    assert (len(readings), len(drawn)) == (2, 1)
    until(lambda: "Mind the lake." in note.view.toPlainText(), seen=note.view.toPlainText)
    assert (len(readings), len(drawn)) == (2, 2)
    note.since.setDateTime(note.since.dateTime().addDays(-1))
    assert (len(readings), len(drawn)) == (3, 3)
    QTest.keyClicks(note.words, " Again.")
    assert note._rest.isActive()
    note.close()
    assert not note._rest.isActive()
    shown.windows.show_note()
    assert "Mind the lake. Again." in shown.windows.note.view.toPlainText()  # there at once, when it is opened again
    assert len(readings) == 4


def test_the_journal_is_read_once_for_all_that_the_desk_knows_of_it(shown, readings, plugin):
    journal, judged = plugin("onemap.domain.journal"), plugin("console.findings.judged").Judged
    desk, spots = shown.desk, ("gap|grid_cell|1.00|2.00", "gap|grid_cell|3.00|4.00")
    desk.decide("C1", "A")
    desk.reassign("C1", "B", "seen")
    desk.decide("C2", "A")
    desk.decide("C2", "B")
    desk.decide("C3", "A")
    desk.allow(spots[0], "", "a lake")
    desk.refuse(spots[0], "no lake")
    desk.allow(spots[1], "", "a lake")
    desk.take_back(8)  # nothing is left of the second spot
    desk.take_back(7)
    desk.take_back(4)
    desk.take_back(5)
    readings.clear()
    desk.look()
    assert len(readings) == 1
    assert {case: entry.number for case, entry in desk.decided.items()} == {"C1": 2, "C2": 3}
    assert desk.decided == desk._journal.standing(*journal.OF_CASES)
    assert desk.judged == judged.of(desk._journal.standing(*journal.OF_FINDINGS).values())
    assert [desk.judged.stands(number) for number in (6, 7, 8)] == [True, False, False]
