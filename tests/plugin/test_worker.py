"""The library kept warm beside QGIS: clicks answered, deaths survived, nothing waited for."""

import os
import random
import re
import signal
from pathlib import Path

import pytest
from qgis.core import QgsCoordinateReferenceSystem, QgsPointXY, QgsRectangle, QgsSpatialIndex, QgsVectorLayer
from qgis.PyQt.QtCore import QDateTime, QEventLoop, QTimer
from qgis.PyQt.QtWidgets import QApplication

CLICKS = 1_000


def until(condition, seconds=20.0, seen=None):
    """Let QGIS's loop run until something holds."""
    loop, timer = QEventLoop(), QTimer()
    timer.timeout.connect(lambda: loop.quit() if condition() else None)
    timer.start(1)
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    if not condition():
        loop.exec()
    timer.stop()
    assert condition(), f"it did not happen in time; {seen() if seen else ''}"


@pytest.fixture
def worker(plugin, library, qgis_app):
    made = plugin("engine.worker").Worker()
    made.told = []
    made.changed.connect(lambda short, why: made.told.append((short, why)))
    yield made
    made.stop()


@pytest.fixture
def warm(plugin, worker, one_map):
    answers = []
    worker.opened.connect(answers.append)
    worker.open(str(one_map))
    worker.use(plugin("engine.client").find_engine())
    until(lambda: answers)
    return worker


def ask(worker, verb, arguments):
    """Ask and let the loop run until the answer or the refusal is there."""
    got = []
    worker.ask(verb, arguments, lambda answer: got.append((True, answer)), lambda why: got.append((False, why)))
    until(lambda: got)
    return got[0]


@pytest.fixture
def spots(one_map):
    cells = QgsVectorLayer(f"{one_map}|layername=grid_cell", "cells", "ogr")
    return [(f["cell_code"], f.geometry().pointOnSurface().asPoint()) for f in cells.getFeatures()]


def test_a_click_is_answered_with_the_cell(warm, spots):
    for code, spot in spots[:20]:
        well, answer = ask(warm, "locate", {"x": spot.x(), "y": spot.y()})
        assert well
        assert answer["cell"] == code
        assert answer["chain"][-1]["code"] == code


@pytest.fixture
def clicks(one_map):
    """Return positions all over the district, each with the cells that hold it, found by QGIS alone."""
    cells = QgsVectorLayer(f"{one_map}|layername=grid_cell", "cells", "ogr")
    rows = {f.id(): (f["cell_code"], f.geometry()) for f in cells.getFeatures()}  # two may bear one code
    index, box, chance = QgsSpatialIndex(cells.getFeatures()), cells.extent(), random.Random(11)
    made = []
    for _ in range(CLICKS):
        spot = QgsPointXY(
            chance.uniform(box.xMinimum(), box.xMaximum()), chance.uniform(box.yMinimum(), box.yMaximum())
        )
        near = (rows[number] for number in index.intersects(QgsRectangle(spot, spot)))
        made.append((spot.x(), spot.y(), {code for code, shape in near if shape.contains(spot)}))
    return made


def answers_the_click(answer, click):
    """Tell whether an answer is that for a position: its own coordinates, and the cell that holds it."""
    x, y, holding = click
    here = (answer["x"], answer["y"]) == pytest.approx((x, y), abs=0.01)
    right = answer["cell"] in holding if len(holding) == 1 else not holding or answer["cell"] in {None, *holding}
    return here and right and (answer["how"] != "inside" or bool(holding))


@pytest.mark.parametrize("waiting", [True, False], ids=["each-awaited", "all-at-once"])
def test_clicks_are_each_answered_once_in_their_order_with_their_own_cell(warm, clicks, waiting):
    told, numbers = [], []
    for turn, (x, y, _) in enumerate(clicks):
        numbers.append(
            warm.ask("locate", {"x": x, "y": y}, lambda answer, turn=turn: told.append((turn, answer)), told.append)
        )
        if waiting:
            until(lambda turn=turn: len(told) > turn)
    until(lambda: len(told) >= CLICKS)
    QApplication.processEvents()
    assert len(set(numbers)) == CLICKS
    assert [turn for turn, _ in told] == list(range(CLICKS))
    assert sum(len(holding) == 1 for *_, holding in clicks) > CLICKS / 2
    assert [turn for turn, answer in told if not answers_the_click(answer, clicks[turn])] == []
    assert not warm._waiting


def test_the_library_s_own_sentence_comes_in_qgis_s_language(warm, chinese):
    well, why = ask(warm, "locate", {"x": 1.0})
    assert not well
    assert any("一" <= sign <= "鿿" for sign in why)


@pytest.fixture
def dead(warm):
    """Return a worker that was killed at its work, with what it told those who waited."""
    refused, opened = [], []
    warm.opened.connect(opened.append)
    for _ in range(3):
        warm.ask("report", {}, lambda answer: None, refused.append)
    os.kill(warm._process.processId(), signal.SIGKILL)
    until(lambda: opened)
    return warm, refused


def test_it_is_started_again_with_its_map(dead, spots, english):
    worker, _ = dead
    code, spot = spots[0]
    assert ask(worker, "locate", {"x": spot.x(), "y": spot.y()})[1]["cell"] == code
    assert any("starting again" in short or "重新启动" in short for short, _ in worker.told)


def test_everybody_who_waited_hears_of_it(dead):
    assert len(dead[1]) == 3


def test_one_that_dies_all_the_time_is_left_alone(plugin, worker, tmp_path, monkeypatch, english):
    path = tmp_path / "python"
    path.write_text('#!/bin/sh\ncase "$*" in *--version*) echo onemap 0.1.99; exit 0;; esac\nkill -9 $$\n')
    path.chmod(0o755)
    monkeypatch.setenv("ONEMAP_PYTHON", str(path))
    worker._again.setInterval(1)
    worker.use(plugin("engine.client").find_engine())
    until(lambda: "engine: stopped" in {short for short, _ in worker.told}, seen=lambda: worker.told)
    assert not worker.running
    assert "4 times" in worker.told[-1][1]


def test_another_protocol_is_refused_in_words(plugin, worker, tmp_path, monkeypatch, english):
    path = tmp_path / "python"
    path.write_text(
        '#!/bin/sh\ncase "$*" in *--version*) echo onemap 0.1.99; exit 0;; esac\nread line\n'
        'echo \'{"id":1,"ok":false,"error":{"code":"bad_arguments","text":{"en":"protocol 1 is not spoken here"}}}\'\n'
        "cat > /dev/null\n"
    )
    path.chmod(0o755)
    monkeypatch.setenv("ONEMAP_PYTHON", str(path))
    worker.use(plugin("engine.client").find_engine())
    until(lambda: worker.told[-1] == ("engine: another version", "protocol 1 is not spoken here"))
    assert not worker.running


def test_without_a_process_the_answer_is_a_sentence(worker, english):
    well, why = ask(worker, "locate", {"x": 1.0, "y": 2.0})
    assert not well
    assert "not running" in why


def test_nothing_is_left_when_it_is_stopped(warm):
    process = warm._process.processId()
    warm.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_another_library_takes_its_place_without_a_wait(plugin, warm, tmp_path, monkeypatch, english):
    """A process that hears nothing is left behind, and ended by itself: QGIS's loop goes on meanwhile."""
    deaf = tmp_path / "python"
    deaf.write_text('#!/bin/sh\ncase "$*" in *--version*) echo onemap 0.1.99; exit 0;; esac\nexec sleep 60\n')
    deaf.chmod(0o755)
    good = plugin("engine.client").find_engine()
    warm.use(plugin("engine.client").find_engine(str(deaf)))
    until(lambda: warm.running)
    process, number = warm._process, warm._process.processId()
    answers = []
    warm.opened.connect(answers.append)
    warm.use(good)
    assert process.state() == process.ProcessState.Running  # nobody waited for its end
    until(lambda: answers)
    until(lambda: not Path(f"/proc/{number}").exists())
    assert warm.running


def test_a_long_verb_tells_its_progress_and_can_be_cancelled(warm, built, tmp_path, english):
    shares, ended = [], []
    number = warm.ask(
        "run",
        {"manifest": str(built / "city" / "onemap.toml"), "out": str(tmp_path)},
        ended.append,
        ended.append,
        lambda share, text: shares.append(share),
    )
    until(lambda: shares)
    warm.cancel(number)
    until(lambda: ended, 60)
    assert isinstance(ended[0], str)
    assert not (tmp_path / "onemap.gpkg").exists()


class TestTheDock:
    """From the click to the card."""

    @pytest.fixture
    def shown(self, plugin, desktop, library, one_map, english):
        controller = plugin("console.controller").Controller(desktop)
        answers = []
        controller.worker.opened.connect(answers.append)
        controller.worker.use(plugin("engine.client").find_engine())
        controller.show(one_map)
        until(lambda: answers)
        yield controller
        controller.close()

    def test_a_click_shows_the_card(self, shown, desktop, spots):
        desktop.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4548"))
        code, spot = spots[3]
        shown.dock.who.pick.click()
        assert desktop.canvas.mapTool() is shown.who.tool
        shown.who.tool.canvasClicked.emit(QgsPointXY(spot), 1)
        until(lambda: code in shown.dock.who.card.toPlainText())
        text = shown.dock.who.card.toPlainText()
        assert "District" in text

    def test_only_the_latest_click_is_shown(self, shown, desktop, spots):
        desktop.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4548"))
        for _, spot in spots[:30]:
            shown.who.ask(QgsPointXY(spot))
        until(lambda: spots[29][0] in shown.dock.who.card.toPlainText())
        QApplication.processEvents()
        assert spots[29][0] in shown.dock.who.card.toPlainText()

    def test_it_lets_go_of_the_map_tool(self, shown, desktop):
        shown.dock.who.pick.click()
        shown.dock.who.pick.click()
        assert desktop.canvas.mapTool() is not shown.who.tool
        assert not shown.dock.who.pick.isChecked()

    def test_who_answers_for_a_matter_at_a_moment(self, shown, desktop, spots):
        desktop.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4548"))
        tab = shown.dock.who
        assert tab.matter.count() > 5
        tab.now.setChecked(False)
        tab.moment.setDateTime(QDateTime(2026, 6, 10, 10, 0))
        tab.matter.setCurrentIndex(tab.matter.findData("0501"))
        shown.who.ask(QgsPointXY(spots[3][1]))
        until(lambda: "In charge" in tab.card.toPlainText())
        day = tab.card.toPlainText()
        assert "2026-06-10 10:00" in day
        assert "****" in day
        assert not re.search(
            r"\d{11}(?!\d)", re.sub(r"\d{12,}", "", day)
        )  # no telephone whole, not in the proof either
        tab.moment.setDateTime(QDateTime(2026, 6, 13, 2, 0))
        tab.moment.editingFinished.emit()
        until(lambda: "2026-06-13 02:00" in tab.card.toPlainText())
        assert "weekend" in tab.card.toPlainText()

    def test_the_matter_is_remembered(self, shown, plugin, one_map):
        shown.dock.who.matter.setCurrentIndex(2)
        chosen = shown.dock.who.matter.currentData()
        shown.show(one_map)
        assert shown.dock.who.matter.currentData() == chosen
