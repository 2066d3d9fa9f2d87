"""Sentences in English and Chinese. Standard library only.

English templates are the keys; their Chinese stands in ``translations/*.toml``, one file a room. A finished
English sentence (a ``reason`` in a table) is translated by finding the template that made it.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

LANGUAGES = ("en", "zh")
_SENTENCE_SPACES = 2  # names, codes and numbers have fewer; a whole sentence has more
_START = 3  # letters by which templates are told apart
_FIELD = re.compile(r"\{(\w+)(?:[^{}]*)\}")


class _Pattern(NamedTuple):
    """A template with fields: its longest fixed text, what fits it, its Chinese, the text before its first field."""

    word: str
    fits: re.Pattern[str]
    chinese: str
    start: str


@lru_cache(maxsize=1)
def sentences() -> dict[str, str]:
    """Return all templates, English to Chinese."""
    table: dict[str, str] = {}
    for path in sorted((Path(__file__).parent / "translations").glob("*.toml")):
        table.update(tomllib.loads(path.read_text(encoding="utf-8")))
    return table


def say(template: str, language: str = "en", **values: Any) -> str:
    """Return the sentence of ``template`` in ``language``, its fields filled; English where no Chinese is known.

    Examples
    --------
    >>> say("{count} rows", "en", count=3)
    '3 rows'
    """
    if language not in LANGUAGES:
        message = f"language is {language!r}; it must be one of {', '.join(LANGUAGES)}"
        raise ValueError(message)
    text = sentences().get(template, template) if language == "zh" else template
    return text.format(**values) if values else text


def say_each(template: str, **columns: Sequence[Any]) -> list[str]:
    """Return the English sentences of one template, its fields filled from columns, one sentence a row.

    Examples
    --------
    >>> say_each("{cell} is {metres} m away", cell=["a", "b"], metres=[1, 2])
    ['a is 1 m away', 'b is 2 m away']
    """
    names = _FIELD.findall(template)
    pattern = "%s".join(text.replace("%", "%%") for text in _FIELD.split(template)[::2])
    return [pattern % row for row in zip(*(columns[name] for name in names), strict=True)]


@lru_cache(maxsize=1)
def _patterns() -> tuple[_Pattern, ...]:
    """Return the longest fixed text and the pattern of each template with fields, the longest fixed text first."""
    made = []
    for english, chinese in sentences().items():
        names = _FIELD.findall(english)
        if not names:
            continue
        fixed = _FIELD.split(english)[::2]
        seen: set[str] = set()
        pattern = re.escape(fixed[0])
        for name, after in zip(names, fixed[1:], strict=True):
            pattern += f"(?P={name})" if name in seen else f"(?P<{name}>.*?)"
            pattern += re.escape(after)
            seen.add(name)
        one = _Pattern(max(fixed, key=len), re.compile(pattern, re.DOTALL), _FIELD.sub(r"{\1}", chinese), fixed[0])
        made.append((sum(map(len, fixed)), one))
    made.sort(key=lambda item: -item[0])
    return tuple(one for _, one in made)


@lru_cache(maxsize=1)
def _patterns_by_start() -> tuple[dict[str, tuple[_Pattern, ...]], tuple[_Pattern, ...]]:
    """Return the patterns that a sentence can fit by its first letters, and those that begin with a field.

    Most templates begin with words of their own, so a sentence is tried with few of the many, in the same order.
    """
    known = _patterns()
    starts = [one.start[:_START] if len(one.start) >= _START else "" for one in known]
    by_start = {
        start: tuple(one for one, its in zip(known, starts, strict=True) if its in {"", start})
        for start in dict.fromkeys(starts)
        if start
    }
    return by_start, tuple(one for one, its in zip(known, starts, strict=True) if not its)


@lru_cache(maxsize=100_000)
def translate(sentence: str, language: str = "zh") -> str:
    """Return a finished English sentence in ``language``, or as it is where its template is unknown.

    Several sentences joined by ``"; "`` are translated one by one.

    Examples
    --------
    >>> translate("a sentence nobody knows", "zh")
    'a sentence nobody knows'
    """
    if language == "en" or not sentence:
        return sentence
    parts = sentence.split("; ")
    said = [_known(part) for part in parts]
    if all(part is not None for part in said):
        return "；".join(part for part in said if part is not None)
    whole = _known(sentence)
    if whole is not None:
        return whole
    return "；".join(part if known is None else known for part, known in zip(parts, said, strict=True))


def _known(sentence: str) -> str | None:
    """Return the Chinese of one sentence whose template is known; its values that are terms or sentences too."""
    table = sentences()
    if sentence in table:
        return table[sentence]
    by_start, others = _patterns_by_start()
    for word, pattern, chinese, _ in by_start.get(sentence[:_START], others):
        match = pattern.fullmatch(sentence) if word in sentence else None
        if match:
            return chinese.format(**{name: _term(value) for name, value in match.groupdict().items()})
    return None


def _term(value: str) -> str:
    """Return the Chinese of a value that is a known term, or a sentence of its own; other values stay."""
    if value in sentences():
        return sentences()[value]
    said = _known(value) if value.count(" ") >= _SENTENCE_SPACES else None
    return value if said is None else said
