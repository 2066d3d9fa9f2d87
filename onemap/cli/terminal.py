"""The terminal's side of every verb: language, progress, the answer as text or JSON, and the exit code."""

import json
import locale
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

from onemap.errors import OnemapError
from onemap.progress import Progress, silent
from onemap.translation import LANGUAGES, say, translate


class Exit(IntEnum):
    """Exit codes, the same for every verb."""

    DONE = 0
    FINDINGS = 1
    BAD_INPUT = 2
    INTERNAL = 3
    INTERRUPTED = 130


class ProgressKind(StrEnum):
    """How progress is told: a bar on a terminal, JSON lines for a program, or not at all."""

    auto = "auto"
    json = "json"
    none = "none"


def preferred_language(arguments: Sequence[str] = ()) -> str:
    """Return the language to speak: ``--lang``, then ONEMAP_LANG, then the locale.

    Examples
    --------
    >>> preferred_language(["check", "cells.gpkg", "--lang", "zh"])
    'zh'
    """
    given = [after for before, after in pairwise(arguments) if before == "--lang"]
    given += [argument.partition("=")[2] for argument in arguments if argument.startswith("--lang=")]
    for language in (*reversed(given), os.environ.get("ONEMAP_LANG", "")):
        if language in LANGUAGES:
            return language
    system = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if (system or str(locale.getlocale()[0] or "")).lower().startswith(("zh", "chinese")) else "en"


def labelled(what: Any, said: str, *, language: str) -> str:
    """Return what is spoken of and what is said of it, with the colon of the language between them.

    Examples
    --------
    >>> labelled("cells.csv", "14 rows", language="en"), labelled("cells.csv", "14 行", language="zh")
    ('cells.csv: 14 rows', 'cells.csv：14 行')
    """
    return f"{what}：{said}" if language == "zh" else f"{what}: {said}"


@dataclass(frozen=True)
class Terminal:
    """How one run of a verb speaks to its caller.

    Parameters
    ----------
    as_json
        The answer is one JSON object on stdout, for programs; else sentences for people.
    progress_kind
        How progress is told, on stderr.
    language
        ``"en"`` or ``"zh"``.

    Raises
    ------
    OnemapError
        For another language.
    """

    as_json: bool = False
    progress_kind: ProgressKind = ProgressKind.auto
    language: str = "en"

    def __post_init__(self) -> None:
        """Refuse a language that nobody speaks here."""
        if self.language not in LANGUAGES:
            raise OnemapError("--lang is {found}; it must be en or zh", found=self.language)

    def label(self, what: Any, said: str) -> str:
        """Return what is spoken of and what is said of it, see `labelled`."""
        return labelled(what, said, language=self.language)

    def say(self, template: str, **values: Any) -> str:
        """Return a sentence in the caller's language."""
        return say(template, self.language, **values)

    def answer(self, facts: Mapping[str, Any], sentences: Sequence[str], **written: Path | None) -> None:
        """Print the answer: ``facts`` as JSON, or ``sentences``; the files written, if any, belong to both."""
        sentences = [*sentences, *(self.say("written: {path}", path=path) for path in written.values() if path)]
        if self.as_json:
            text = json.dumps({**facts, **written, "sentences": sentences}, ensure_ascii=False, default=_plain)
            sys.stdout.write(text + "\n")
            return
        for sentence in sentences:
            sys.stdout.write(sentence + "\n")

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Give a progress callable that is shown as the caller asked."""
        if self.progress_kind is ProgressKind.json:
            yield self._json_line
        elif self.progress_kind is ProgressKind.none or self.as_json or not sys.stderr.isatty():
            yield silent
        else:
            with self._bar() as progress:
                yield progress

    def _told(self, text: str) -> str:
        """Return what is being done in the caller's language; layers are called by their titles."""
        from onemap.domain.catalogue import load_catalogue

        layers = load_catalogue()
        words = (layers[word].title(self.language) if word in layers else word for word in text.split(" "))
        return translate(" ".join(words), self.language)

    def _json_line(self, share: float, text: str) -> None:
        line = json.dumps({"share": round(share, 4), "text": self._told(text)}, ensure_ascii=False)
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    @contextmanager
    def _bar(self) -> Iterator[Callable[[float, str], None]]:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
        )
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=1.0)

            def show(share: float, text: str) -> None:
                bar.update(task, completed=share, description=self._told(text))

            yield show


def _plain(value: Any) -> Any:
    """Return what JSON can hold of paths, numpy numbers, moments and tuples."""
    if hasattr(value, "item"):
        return value.item()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)
