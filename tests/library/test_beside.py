"""Work in a thread: what it makes or raises arrives, and it is stopped with the block that waits for it."""

import threading

import pytest

from onemap.basemap.beside import beside
from onemap.errors import Cancelled, SourceError


def test_what_was_made_and_what_was_raised_arrive():
    def fail(told):
        raise SourceError("{path}: broken", path="a.tif")

    with beside(lambda told: "made") as work:
        assert work.result(lambda share, text: None) == "made"
    with pytest.raises(SourceError, match=r"a\.tif: broken"), beside(fail) as work:
        work.result(lambda share, text: None)


def test_the_share_done_is_told_while_one_waits():
    told_on = threading.Event()
    seen = []

    def work_on(told):
        told(0.5, "half")
        told_on.wait(30)
        return 1

    def listen(share, text):
        seen.append((share, text))
        if (share, text) == (0.5, "half"):
            told_on.set()

    with beside(work_on) as work:
        assert work.result(listen) == 1
    assert (0.5, "half") in seen


def test_a_block_that_fails_stops_the_work():
    stopped = threading.Event()

    def work_on(told):
        try:
            while True:
                told(0.1, "going on")
        except Cancelled:
            stopped.set()
            raise

    with pytest.raises(SourceError), beside(work_on):
        raise SourceError("another source is broken")
    assert stopped.is_set()
