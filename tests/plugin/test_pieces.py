"""Work in pieces: the window lives between them, and what is left undone stays undone."""

import pytest
from qgis.PyQt.QtCore import QTimer

from .test_worker import until


@pytest.fixture
def pieces(plugin, qgis_app):
    return plugin("pieces").Pieces()


def counting(done, name, count=3):
    for number in range(count):
        done.append((name, number))
        yield


def test_all_is_done_and_the_window_lives_between_two_pieces(pieces):
    done = []

    def work():
        for number in range(3):
            done.append(number)
            QTimer.singleShot(0, lambda: done.append("window"))
            yield

    pieces.begin(work())
    assert pieces.is_busy
    assert done == []
    until(lambda: not pieces.is_busy)
    assert done == [0, "window", 1, "window", 2, "window"]


def test_what_is_begun_takes_the_place_of_what_is_under_way(pieces):
    done = []
    pieces.begin(counting(done, "first", 1_000))
    until(lambda: done)
    pieces.begin(counting(done, "second"))
    until(lambda: not pieces.is_busy)
    assert [row for row in done if row[0] == "second"] == [("second", 0), ("second", 1), ("second", 2)]
    assert done[-3:] == [("second", 0), ("second", 1), ("second", 2)]
    assert len(done) < 1_000


def test_what_is_left_is_not_gone_on_with(pieces):
    done = []
    pieces.begin(counting(done, "first", 1_000))
    until(lambda: done)
    pieces.leave()
    assert not pieces.is_busy
    so_far, later = len(done), []
    QTimer.singleShot(100, lambda: later.append(True))
    until(lambda: later)
    assert len(done) == so_far


def test_a_work_that_fails_leaves_room_for_the_next(pieces, qtbot):
    def failing():
        yield
        raise LookupError("broken")

    done = []
    with qtbot.capture_exceptions() as caught:
        pieces.begin(failing())
        until(lambda: not pieces.is_busy)
    assert [kind for kind, *_ in caught] == [LookupError]
    pieces.begin(counting(done, "next"))
    until(lambda: not pieces.is_busy)
    assert len(done) == 3


def test_the_last_piece_of_a_work_may_begin_another(pieces):
    done = []

    def first():
        yield
        pieces.begin(counting(done, "second"))

    pieces.begin(first())
    until(lambda: not pieces.is_busy)
    assert len(done) == 3
