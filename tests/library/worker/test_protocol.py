"""Every line is answered, whatever it holds; the answers are the protocol's and nothing else."""

import ast
import inspect
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onemap.translation import sentences
from onemap.worker import MOST_BYTES, PROTOCOL, Session
from onemap.worker.long_verbs import LONG_VERBS
from onemap.worker.protocol import read_lines

ROOT = Path(__file__).resolve().parents[3]
CODES = {"malformed", "too_large", "unknown_verb", "bad_arguments", "not_open", "busy", "bad_input", "cancelled", "internal"}  # fmt: skip


def conversation(*lines: bytes) -> list[dict]:
    outgoing = io.BytesIO()
    Session(io.BytesIO(b"\n".join(lines) + b"\n"), outgoing).run()
    return [json.loads(line) for line in outgoing.getvalue().splitlines()]


def request(request_id, verb, **args) -> bytes:
    return json.dumps({"id": request_id, "verb": verb, "args": args}).encode()


def test_hello_tells_version_and_verbs():
    (heard,) = conversation(request("a", "hello", protocol=PROTOCOL))
    assert heard["ok"]
    assert heard["answer"]["protocol"] == 1
    assert heard["answer"]["most_bytes"] == MOST_BYTES
    verbs = heard["answer"]["verbs"]
    assert {name for name, verb in verbs.items() if verb["long"]} == {*LONG_VERBS, "edit.open", "edit.save"}
    assert verbs["locate"] == {"arguments": ["x", "y"], "options": ["crs", "near_m", "border_m"], "long": False}


def test_answers_come_in_the_order_of_the_requests_and_end_with_close():
    lines = [request(k, "ping") for k in range(50)]
    heard = conversation(*lines, request("end", "close"), request("late", "ping"))
    assert [message["id"] for message in heard] == [*range(50), "end"]
    assert all(message == {"id": message["id"], "ok": True, "answer": {}} for message in heard)


@pytest.mark.parametrize(
    ("line", "code", "request_id"),
    [
        (b"{", "malformed", None),
        (b"\xff\xfe", "malformed", None),
        (b"[1, 2]", "malformed", None),
        (b'{"verb": "ping"}', "malformed", None),
        (b'{"id": true, "verb": "ping"}', "malformed", None),
        (b'{"id": {}, "verb": "ping"}', "malformed", None),
        (b'{"id": 1}', "malformed", 1),
        (b'{"id": 1, "verb": "ping", "args": []}', "malformed", 1),
        (b'{"id": 1, "verb": "ping", "x": 3}', "malformed", 1),
        (b'{"id": 1, "verb": "locate", "args": {"x": NaN, "y": 1}}', "malformed", None),
        (b"[" * 100_000, "malformed", None),
        (b'{"id": ' + b"9" * 5000 + b', "verb": "ping"}', "malformed", None),
        (request("x" * 201, "ping"), "malformed", None),
        (request(1, "dance"), "unknown_verb", 1),
        (request(1, "whoever"), "unknown_verb", 1),
        (request(1, "hello", protocol=2), "bad_arguments", 1),
        (request(1, "ping", loud=True), "bad_arguments", 1),
        (request(1, "open"), "bad_arguments", 1),
        (request(1, "open", path=7), "bad_arguments", 1),
        (request(1, "open", path="a\0b"), "bad_arguments", 1),
        (request(1, "open", path="no such file.gpkg"), "bad_input", 1),
        (request(1, "locate", x=1), "bad_arguments", 1),
        (request(1, "locate", x="1", y=2), "bad_arguments", 1),
        (request(1, "locate", x=True, y=2), "bad_arguments", 1),
        (request(1, "locate", x=1, y=2, near_m=-1), "bad_arguments", 1),
        (request(1, "locate", x=1, y=2), "not_open", 1),
        (request(1, "layers"), "not_open", 1),
        (request(1, "check"), "bad_arguments", 1),
        (request(1, "check", cells=["a"]), "bad_arguments", 1),
        (request(1, "check", cells="a", lang="zh"), "bad_arguments", 1),
        (request(1, "check", cells="a\0"), "bad_arguments", 1),
    ],
)
def test_a_bad_line_is_refused_in_two_languages_and_the_next_one_answered(line, code, request_id):
    refused, after = conversation(line, request("next", "ping"))
    assert (refused["id"], refused["ok"], refused["error"]["code"]) == (request_id, False, code)
    assert set(refused["error"]["text"]) == {"en", "zh"}
    assert refused["error"]["text"]["en"] != refused["error"]["text"]["zh"]
    assert after == {"id": "next", "ok": True, "answer": {}}


def test_a_request_of_more_than_a_megabyte_is_refused_and_costs_no_memory():
    just = request(1, "ping")[:-1] + b" " * (MOST_BYTES - len(request(1, "ping"))) + b"}"
    assert len(just) == MOST_BYTES
    heard = conversation(just, just + b" ", b"x" * (5 * MOST_BYTES), request(2, "ping"))
    assert [message.get("error", {}).get("code", "ok") for message in heard] == ["ok", "too_large", "too_large", "ok"]

    class Endless(io.RawIOBase):
        asked = 0

        def readline(self, size=-1):
            self.asked = max(self.asked, size)
            self.given = getattr(self, "given", 0) + size
            return b"x" * size if self.given < 100 * MOST_BYTES else b""

    stream = Endless()
    assert list(read_lines(stream)) == [None]
    assert stream.asked <= MOST_BYTES + 1


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=60) | st.text(max_size=40).map(str.encode), max_size=5))
def test_random_bytes_never_end_the_conversation(lines):
    lines = [line.replace(b"\n", b" ").replace(b"\r", b" ") for line in lines]
    heard = conversation(*lines, request("alive", "ping"))
    assert heard[-1] == {"id": "alive", "ok": True, "answer": {}}
    assert len(heard) == 1 + sum(1 for line in lines if line.strip())
    assert all(message["error"]["code"] in CODES for message in heard[:-1])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(
    st.fixed_dictionaries(
        {"id": JSON, "verb": st.sampled_from(["hello", "ping", "open", "layers", "locate", "cancel", "x"]) | JSON},
        optional={
            "args": st.dictionaries(st.sampled_from(["x", "y", "crs", "path", "request", "protocol"]), JSON) | JSON
        },
    )
)
def test_random_requests_are_answered_one_by_one(made):
    heard = conversation(json.dumps(made).encode(), request("alive", "ping"))
    assert len(heard) == 2
    assert heard[0]["ok"] or heard[0]["error"]["code"] in CODES - {"internal"}


def test_the_long_verbs_are_those_of_the_command_line():
    from onemap.cli import frame_verbs, map_verbs, repair_verbs

    spoken = {"as_json", "progress_kind", "language", "fail"}
    for name, verb in LONG_VERBS.items():
        function = next(f for room in (frame_verbs, map_verbs, repair_verbs) if (f := getattr(room, name, None)))
        parameters = inspect.signature(function).parameters
        needed = tuple(key for key, value in parameters.items() if value.default is inspect.Parameter.empty)
        assert needed == verb.arguments, name
        assert set(parameters) - set(needed) - spoken == set(verb.options), name


def test_every_refusal_speaks_chinese():
    templates = [
        node.args[1].value
        for path in (ROOT / "onemap" / "worker").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "RequestError"
        and isinstance(node.args[1], ast.Constant)
    ]
    assert len(templates) > 15
    assert [template for template in templates if template not in sentences()] == []
