"""What is said on the two streams: one JSON object a line, UTF-8. Standard library only; `docs/worker.md` for people.

Whatever comes in is answered, also what is no request at all: a program that waits for an answer gets one.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, NoReturn, TypeGuard

from onemap.errors import OnemapError
from onemap.translation import LANGUAGES, say, translate

PROTOCOL: Final = 1
"""Version of the protocol: raised when an answer loses a member or changes its meaning, not when one is added."""

MOST_BYTES: Final = 1 << 20
"""Longest request, its line break not counted."""

_MOST_ID: Final = 200
_SKIP_BYTES: Final = 1 << 16

RequestId = str | int
Words = dict[str, str]


class RequestError(OnemapError):
    """A request cannot be answered as it is.

    Parameters
    ----------
    code
        Which of the protocol's errors: ``malformed too_large unknown_verb bad_arguments not_open busy bad_input
        cancelled internal``.
    template, values
        The sentence, as of every `OnemapError`.
    id
        Of the request, where it could be read.
    """

    def __init__(self, code: str, template: str, /, *, id: RequestId | None = None, **values: Any) -> None:  # noqa: A002
        super().__init__(template, **values)
        self.code = code
        self.id = id


@dataclass(frozen=True)
class Request:
    """One request: ``{"id": 7, "verb": "locate", "args": {"x": 1.0, "y": 2.0}}``."""

    id: RequestId
    verb: str
    args: Mapping[str, Any]


def read_lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """Yield each line without its break; None for one that is too long, which is read past in small pieces."""
    while line := stream.readline(MOST_BYTES + 1):
        if line.endswith(b"\n") or len(line) <= MOST_BYTES:
            yield line.rstrip(b"\r\n")
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(_SKIP_BYTES)
        yield None


def parse(line: bytes | None) -> Request:
    """Return the request in a line.

    Raises
    ------
    RequestError
        The line is too long, is no JSON object, or has no usable ``id`` or ``verb``.
    """
    if line is None:
        raise RequestError("too_large", "the request is longer than {most} bytes", most=MOST_BYTES)
    try:
        found = json.loads(line.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise RequestError("malformed", "the request is not JSON: {why}", why=_first_words(error)) from error
    if not isinstance(found, dict):
        raise RequestError("malformed", "the request is not a JSON object")
    given = found.get("id")
    if not _is_id(given):
        raise RequestError("malformed", "the request needs an id: a whole number or a text of up to 200 characters")
    verb, args = found.get("verb"), found.get("args", {})
    if not isinstance(verb, str) or not verb:
        raise RequestError("malformed", "the request names no verb", id=given)
    if not isinstance(args, dict):
        raise RequestError("malformed", "args is not a JSON object", id=given)
    unknown = set(found) - {"id", "verb", "args"}
    if unknown:
        raise RequestError(
            "malformed", "the request has a member {name} that means nothing", id=given, name=min(unknown)
        )
    return Request(given, verb, args)


def _is_id(given: Any) -> TypeGuard[RequestId]:
    if isinstance(given, str):
        return 0 < len(given) <= _MOST_ID
    return isinstance(given, int) and not isinstance(given, bool) and abs(given) < 1 << 63


def _no_number(word: str) -> NoReturn:
    message = f"{word} is no JSON number"
    raise ValueError(message)


def _first_words(error: BaseException) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def answer_line(request_id: RequestId, answer: Mapping[str, Any]) -> bytes:
    """Return the line that answers a request."""
    return _line({"id": request_id, "ok": True, "answer": answer})


def error_line(request_id: RequestId | None, code: str, words: Words) -> bytes:
    """Return the line that refuses a request, or says how it failed."""
    return _line({"id": request_id, "ok": False, "error": {"code": code, "text": words}})


def internal_line(request_id: RequestId | None, error: Exception) -> bytes:
    """Return the line that answers a request on which the library itself failed."""
    return error_line(request_id, "internal", said("internal error: {why}", why=f"{type(error).__name__}: {error}"))


def progress_line(request_id: RequestId, share: float, text: str) -> bytes:
    """Return the line that tells how far a long request has come."""
    return _line({"id": request_id, "progress": {"share": round(share, 4), "text": in_languages(text)}})


def in_languages(sentence: str) -> Words:
    """Return a finished English sentence in every language.

    Examples
    --------
    >>> in_languages("in no cell")
    {'en': 'in no cell', 'zh': '不在任何网格内'}
    """
    return {language: translate(sentence, language) for language in LANGUAGES}


def words_of(error: OnemapError) -> Words:
    """Return the sentence of an error in every language."""
    return {language: error.text(language) for language in LANGUAGES}


def said(template: str, **values: Any) -> Words:
    """Return a sentence in every language."""
    return {language: say(template, language, **values) for language in LANGUAGES}


def _line(message: Mapping[str, Any]) -> bytes:
    text = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # a lone surrogate, which JSON can name and UTF-8 cannot hold, is written as its escape
    return text.encode("utf-8", "backslashreplace") + b"\n"
