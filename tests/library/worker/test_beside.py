"""A division of a large map takes seconds to open: clicks are answered meanwhile, it tells how far it is, and can stop."""

import json
import os
import threading
from queue import Queue

import pytest

from onemap.errors import GeometryError
from onemap.worker import Session, edit_desk
from onemap.worker.beside import Beside

AGENCY = "duty_grid:城管执法局"
PATIENCE_S = 60


class Conversation:
    """A session in this process, so that a test can hold up what it does."""

    def __init__(self):
        ears, self._mouth = os.pipe()
        listening, speaking = os.pipe()
        self._session = Session(os.fdopen(ears, "rb"), os.fdopen(speaking, "wb"))
        self._thread = threading.Thread(target=self._session.run, daemon=True)
        self._thread.start()
        self._heard = Queue()
        self._stream = os.fdopen(listening, "rb")
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self):
        for line in self._stream:
            self._heard.put(json.loads(line))

    def say(self, request_id, verb, **args):
        os.write(self._mouth, json.dumps({"id": request_id, "verb": verb, "args": args}).encode() + b"\n")

    def next(self):
        return self._heard.get(timeout=PATIENCE_S)

    def ask(self, request_id, verb, **args):
        self.say(request_id, verb, **args)
        while (message := self.next())["id"] != request_id or "progress" in message:
            pass
        return message

    def end(self):
        os.close(self._mouth)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


@pytest.fixture
def talk(city):
    made = Conversation()
    assert made.ask(1, "open", path=str(city / "out" / "onemap.gpkg"))["ok"]
    return made


@pytest.fixture
def gate(monkeypatch):
    """Hold up every opening after its first word until the gate is opened."""
    opened, true = threading.Event(), edit_desk.EditDesk

    def held(one_map, grouping, *, who="", progress):
        progress(0.05, "reading the cells")
        assert opened.wait(PATIENCE_S)
        return true(one_map, grouping, who=who, progress=progress)

    monkeypatch.setattr(edit_desk, "EditDesk", held)
    return opened


def test_clicks_are_answered_while_a_division_is_opened(talk, gate):
    talk.say("e", "edit.open", grouping=AGENCY, who="Wang")
    told = talk.next()
    assert (told["id"], told["progress"]["text"]) == ("e", {"en": "reading the cells", "zh": "正在读取网格"})
    assert talk.ask(2, "locate", x=1.0, y=1.0)["answer"]["how"] == "outside"
    assert talk.ask(3, "edit.undo")["error"]["code"] == "busy"
    gate.set()
    shares = []
    while "progress" in (message := talk.next()):
        shares.append(message["progress"]["share"])
    assert message["id"] == "e"
    assert message["answer"]["cells"]
    assert shares == sorted(shares)
    assert len(shares) > 4
    assert talk.ask(4, "edit.undo")["ok"]
    talk.end()


def test_an_opening_that_is_cancelled_is_answered_at_once(talk, gate):
    talk.say("e", "edit.open", grouping=AGENCY)
    talk.next()
    talk.say(2, "cancel", request="e")
    assert talk.next()["error"]["code"] == "cancelled"
    assert talk.next()["answer"] == {"cancelled": True}
    assert talk.ask(3, "edit.undo")["error"]["code"] == "not_open"
    assert talk.ask(4, "cancel", request="e")["answer"] == {"cancelled": False}
    gate.set()
    again = talk.ask("e", "edit.open", grouping=AGENCY)
    assert again["answer"]["grouping"] == AGENCY
    talk.end()


@pytest.mark.parametrize("verb", ["edit.close", "open", "edit.open", "close"])
def test_whatever_ends_the_editing_ends_its_opening(talk, gate, city, verb):
    talk.say("e", "edit.open", grouping=AGENCY)
    talk.next()
    args = {"open": {"path": str(city / "out" / "onemap.gpkg")}, "edit.open": {"grouping": "nobody"}}
    talk.say(2, verb, **args.get(verb, {}))
    assert talk.next()["error"]["code"] == "cancelled"
    gate.set()
    while "progress" in (message := talk.next()):
        pass
    assert message["id"] == 2
    if verb != "close":
        assert talk.ask(3, "edit.undo")["error"]["code"] == "not_open"
    talk.end()


def test_an_opening_under_way_at_the_end_of_the_stream_is_finished(talk, gate):
    talk.say("e", "edit.open", grouping=AGENCY)
    talk.next()
    threading.Timer(0.2, gate.set).start()
    talk.end()
    while "progress" in (message := talk.next()):
        pass
    assert message["ok"]


def test_faults_and_refusals_are_answered_and_a_save_cannot_be_cancelled():
    lines, go = Queue(), threading.Event()
    beside = Beside(lines.put)

    def refused(_):
        raise GeometryError("the map has no cells that could be edited")

    def broken(_):
        return 1 / 0

    beside.start(1, refused, dict)
    assert json.loads(lines.get(timeout=PATIENCE_S))["error"]["code"] == "bad_input"
    beside.start(2, broken, dict)
    assert "ZeroDivisionError" in json.loads(lines.get(timeout=PATIENCE_S))["error"]["text"]["en"]
    beside.start(3, lambda _: go.wait(PATIENCE_S), lambda _: {"path": "x"}, can_be_cancelled=False)
    assert beside.busy
    assert not beside.cancel(3)
    beside.cancel_all()
    go.set()
    assert json.loads(lines.get(timeout=PATIENCE_S))["answer"] == {"path": "x"}
    beside.wait()
    assert not beside.busy
