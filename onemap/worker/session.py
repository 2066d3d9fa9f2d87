"""The worker's loop: one request after the other from the stream, short ones answered at once, long ones handed on."""

import gc
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from onemap import __version__
from onemap.errors import OnemapError
from onemap.translation import LANGUAGES
from onemap.worker.beside import Beside
from onemap.worker.long_verbs import LONG_VERBS, LongRequests
from onemap.worker.protocol import (
    MOST_BYTES,
    PROTOCOL,
    Request,
    RequestError,
    RequestId,
    answer_line,
    error_line,
    internal_line,
    parse,
    read_lines,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from onemap.progress import Progress
    from onemap.worker.edit_desk import EditDesk
    from onemap.worker.warm_map import WarmMap

Facts = dict[str, Any]
_BESIDE: Final = frozenset({"edit.open", "edit.save"})  # short verbs that take seconds on a large map
_SPOT: Final[dict[str, type]] = {"x": float, "y": float, "cell": str, "object": str}


class Session:
    """A conversation with one program.

    Parameters
    ----------
    incoming, outgoing
        Streams of bytes. Nothing but the protocol's lines is written to the second.
    """

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._writing = threading.Lock()
        self._long = LongRequests(self._send)
        self._beside = Beside(self._send)
        self._map: WarmMap | None = None
        self._edit: EditDesk | None = None
        self._open = True
        self._verbs: dict[str, tuple[Callable[..., Facts | None], dict[str, type], dict[str, type]]] = {
            "hello": (self._hello, {}, {"protocol": int}),
            "ping": (self._ping, {}, {}),
            "open": (self._open_map, {"path": str}, {"verify": bool}),
            "layers": (self._layers, {}, {}),
            "locate": (self._locate, {"x": float, "y": float}, {"crs": str, "near_m": float, "border_m": float}),
            "who": (self._who, {}, {**_SPOT, "matter": str, "at": str, "crs": str, "facts": object}),
            "who.all": (self._who_all, {"wkt": str}, {"matter": str, "at": str, "crs": str, "facts": object}),
            "edit.groupings": (self._edit_groupings, {}, {}),
            "edit.open": (self._edit_open, {"grouping": str}, {"who": str}),
            "edit.move": (self._edit_move, {"cells": object, "to": str}, {"create": bool, "why": str}),
            "edit.split": (self._edit_split, {"cell": str, "wkt": str}, {"why": str}),
            "edit.merge": (self._edit_merge, {"cells": object}, {"why": str}),
            "edit.undo": (self._edit_undo, {}, {}),
            "edit.redo": (self._edit_redo, {}, {}),
            "edit.save": (self._edit_save, {"path": str, "when": str}, {"why": str}),
            "edit.close": (self._edit_close, {}, {}),
            "cancel": (self._cancel, {"request": object}, {}),
            "close": (self._close, {}, {}),
        }

    def run(self) -> None:
        """Answer until ``close`` or the end of the stream; requests still running at its end are finished first."""
        try:
            for line in read_lines(self._incoming):
                if line is None or line.strip():
                    self._take(line)
                if not self._open:
                    break
        except BaseException:
            self._cancel_all()
            raise
        finally:
            self._long.wait()
            self._beside.wait()

    def _take(self, line: bytes | None) -> None:
        """Answer one line, whatever it holds."""
        request_id = None
        try:
            request = parse(line)
            request_id = request.id
            answer = self._answer(request)
            if answer is not None:
                self._send(answer_line(request.id, answer))
        except RequestError as error:
            self._send(error_line(error.id if request_id is None else request_id, error.code, words_of(error)))
        except OnemapError as error:
            self._send(error_line(request_id, "bad_input", words_of(error)))
        except Exception as error:  # noqa: BLE001 - the edge of the program: one bad request must not end the others
            traceback.print_exc()
            self._send(internal_line(request_id, error))

    def _answer(self, request: Request) -> Facts | None:
        """Return the answer of a short verb; start a long one, which answers later."""
        if request.verb in LONG_VERBS:
            self._long.start(request)
            return None
        if request.verb not in self._verbs:
            raise RequestError(
                "unknown_verb",
                "there is no verb {verb}; there are {known}",
                verb=request.verb[:100],
                known=", ".join([*self._verbs, *LONG_VERBS]),
            )
        verb, needed, optional = self._verbs[request.verb]
        asked = _checked(request, needed, optional)
        if request.verb in _BESIDE:
            verb(request.id, **asked)
            return None
        return verb(**asked)

    def _send(self, line: bytes) -> None:
        """Write one line; when nobody listens any more, stop what runs and end."""
        with self._writing:
            try:
                self._outgoing.write(line)
                self._outgoing.flush()
            except (BrokenPipeError, ValueError):
                self._open = False
        if not self._open and not self._outgoing.closed:
            self._long.cancel_all()

    def _cancel_all(self) -> None:
        self._long.cancel_all()
        self._beside.cancel_all()

    def _hello(self, protocol: int = PROTOCOL) -> Facts:
        if protocol != PROTOCOL:
            raise RequestError(
                "bad_arguments",
                "protocol {asked} is not spoken here; this is {spoken}",
                asked=protocol,
                spoken=PROTOCOL,
            )
        short = {
            name: {"arguments": list(needed), "options": list(optional), "long": name in _BESIDE}
            for name, (_, needed, optional) in self._verbs.items()
        }
        long = {
            name: {"arguments": list(verb.arguments), "options": list(verb.options), "long": True}
            for name, verb in LONG_VERBS.items()
        }
        facts = {"protocol": PROTOCOL, "onemap": __version__, "languages": list(LANGUAGES), "most_bytes": MOST_BYTES}
        return {**facts, "verbs": short | long}

    def _ping(self) -> Facts:
        return {}

    def _open_map(self, path: str, *, verify: bool = True) -> Facts:
        from onemap.worker.warm_map import WarmMap

        if "\0" in path:
            raise RequestError("bad_arguments", "{name} must be a text or a number", name="path")
        self._map = WarmMap(Path(path), verify=verify)
        self._beside.cancel_all()
        self._edit = None
        _keep_from_search()
        return self._map.facts()

    def _opened(self) -> "WarmMap":
        if self._map is None:
            raise RequestError("not_open", "no map is open; send open with its path first")
        return self._map

    def _layers(self) -> Facts:
        opened = self._opened()
        return {"layers": opened.layers(), "stale": opened.stale}

    def _locate(self, **args: Any) -> Facts:
        for name in ("near_m", "border_m"):
            if not 0 <= args.get(name, 0.0) < float("inf"):
                raise RequestError(
                    "bad_arguments",
                    "{name} is {value}; it must be a distance in metres, 0 or more",
                    name=name,
                    value=args[name],
                )
        return self._opened().locate(**args)

    def _who(self, facts: Any = (), **asked: Any) -> Facts:
        return self._opened().who(facts=_texts("facts", facts), **asked)

    def _who_all(self, facts: Any = (), **asked: Any) -> Facts:
        return self._opened().who_all(facts=_texts("facts", facts), **asked)

    def _edit_groupings(self) -> Facts:
        from onemap.worker.edit_desk import groupings

        return {"groupings": groupings(self._opened().one_map)}

    def _edit_open(self, request_id: RequestId, grouping: str, who: str = "") -> None:
        from onemap.worker.edit_desk import EditDesk

        one_map = self._opened().one_map
        self._beside.cancel_all()
        self._edit = None

        def find(progress: "Progress") -> "tuple[EditDesk, Facts]":
            desk = EditDesk(one_map, grouping, who=who, progress=progress)
            return desk, desk.opened()

        self._beside.start(request_id, find, self._begin_editing)

    def _begin_editing(self, found: "tuple[EditDesk, Facts]") -> Facts:
        self._edit, facts = found
        return facts

    def _edited(self) -> "EditDesk":
        if self._beside.busy:
            raise RequestError("busy", "the grids are being read or saved; ask again when that is done")
        if self._edit is None:
            raise RequestError("not_open", "no division is being edited; send edit.open first")
        return self._edit

    def _edit_move(self, cells: Any, to: str, **how: Any) -> Facts:
        return self._edited().move(_texts("cells", cells), to, **how)

    def _edit_split(self, **asked: Any) -> Facts:
        return self._edited().split(**asked)

    def _edit_merge(self, cells: Any, why: str = "") -> Facts:
        return self._edited().merge(_texts("cells", cells), why=why)

    def _edit_undo(self) -> Facts:
        return self._edited().undo()

    def _edit_redo(self) -> Facts:
        return self._edited().redo()

    def _edit_save(self, request_id: RequestId, path: str, **how: Any) -> None:
        desk = self._edited()
        self._beside.start(request_id, lambda _: desk.save(Path(path), **how), dict, can_be_cancelled=False)

    def _edit_close(self) -> Facts:
        self._beside.cancel_all()
        self._edit = None
        return {}

    def _cancel(self, request: Any) -> Facts:
        return {"cancelled": self._long.cancel(request) or self._beside.cancel(request)}

    def _close(self) -> Facts:
        self._open = False
        self._cancel_all()
        return {}


def _keep_from_search() -> None:
    """Leave out all that is there now when cycles are looked for: a map stays, and going through it stops the clock.

    A full search through the map of a city takes a tenth of a second and more, in the middle of some answer.
    """
    gc.unfreeze()  # the map opened before may go
    gc.collect()
    gc.freeze()


def _texts(name: str, value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
        raise RequestError("bad_arguments", "{name} must be a list of texts", name=name)
    return list(value)


def _checked(request: Request, needed: dict[str, type], optional: dict[str, type]) -> Facts:
    """Return the arguments of a short verb, of the types it wants.

    Raises
    ------
    RequestError
        One is missing, unknown or of another type.
    """
    known = {**needed, **optional}
    values: Facts = {}
    for name, value in request.args.items():
        if name not in known:
            raise RequestError(
                "bad_arguments",
                "{verb} has no argument {name}; it has {known}",
                verb=request.verb,
                name=name[:100],
                known=", ".join(known) or "-",
            )
        values[name] = _typed(name, value, known[name])
    for name in needed:
        if name not in values:
            raise RequestError("bad_arguments", "{verb} needs the argument {name}", verb=request.verb, name=name)
    return values


def _typed(name: str, value: Any, wanted: type) -> Any:
    if wanted is float and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return float("inf")
    if wanted is object or (isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))):
        return value
    templates = {
        str: "{name} must be a text",
        float: "{name} must be a number",
        int: "{name} must be a whole number",
        bool: "{name} must be true or false",
    }
    raise RequestError("bad_arguments", templates[wanted], name=name)


def serve() -> None:
    """Speak the protocol on this process's stdin and stdout until ``close`` or the end of stdin.

    Whatever else writes to stdout, a library below Python too, is turned to stderr.
    """
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    signal.signal(signal.SIGTERM, _leave)
    Session(sys.stdin.buffer, outgoing).run()


def _leave(number: int, frame: FrameType | None) -> None:
    """End as if interrupted, so that no child is left behind."""
    del number, frame
    raise KeyboardInterrupt
