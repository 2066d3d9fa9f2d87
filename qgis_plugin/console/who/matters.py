"""The matters for which a map can name holders: of its cases, the most frequent first, then all that duties name."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ...onemap.domain.catalogue import fold_heading
from ...onemap.domain.classes import ClassEntry, ClassTable, class_tables
from ...onemap.domain.duties import Matter, parse_matters
from ...onemap.errors import OnemapError
from ...project.one_map_file import OneMapFile, columns_of, reading, tables_of
from ...translation import language, tr

_OF_CASES = (
    "SELECT matter_code, coalesce(matter_name, '') FROM \"case\" WHERE coalesce(matter_code, '') <> '' "
    "GROUP BY matter_code ORDER BY count(*) DESC, matter_code"
)
_OF_DUTIES = "SELECT DISTINCT coalesce(matters, '') FROM duty ORDER BY 1"


def matters_of(one_map: OneMapFile) -> list[tuple[str, str]]:
    """Return code and name of each matter; none where the map has no duties, and so names nobody.

    A matter of the national tables is named in QGIS's language, as the card of an answer names it; what only the map
    names keeps the map's name.
    """
    with reading(one_map.path) as connection:
        present = tables_of(connection)
        if "duty" not in present:
            return []
        has_cases = "case" in present and "matter_code" in columns_of(connection, "case")
        found = {str(code): str(name) for code, name in connection.execute(_OF_CASES)} if has_cases else {}
        wanted = list(_named_by_duties(connection))
    known = _table_of([*found, *(matter.code for matter in wanted)])
    for matter in wanted:
        for code, name in _classes(matter, known):
            found.setdefault(code, name)
    entries = {code: _entry(code, name, known) for code, name in found.items()}
    titles = {code: entry.title.text(language()) if entry else found[code] for code, entry in entries.items()}
    often = Counter(titles.values())
    return [(code, _apart(title, entries[code], often[title])) for code, title in titles.items()]


def codes_by_name(matters: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the code of each name that one matter alone has: as it is offered, and as either language has it.

    A case that bears no code bears the name in the language of its source, which need not be QGIS's. Names are as
    `code_named` asks for them.
    """
    scheme = _table_of([code for code, _ in matters])
    known = ((code, title, _entry(code, title, scheme)) for code, title in matters)
    named = [
        (name, code)
        for code, title, entry in known
        for name in {fold_heading(name) for name in (title, *(_names(entry) if entry is not None else ()))}
    ]
    often = Counter(name for name, _ in named)
    return {name: code for name, code in named if name and often[name] == 1}


def code_named(codes: Mapping[str, str], name: object) -> str | None:
    """Return the code of a name as an office wrote it, with full-width brackets, capitals or blanks around it."""
    return codes.get(fold_heading(str(name or "")))


def _named_by_duties(connection: sqlite3.Connection) -> Iterator[Matter]:
    for (text,) in connection.execute(_OF_DUTIES):
        try:
            yield from parse_matters(str(text))
        except OnemapError:
            continue  # the row is told, and not in force


def _table_of(codes: list[str]) -> str:
    """Return the scheme whose table of matters holds most of these codes."""
    schemes = {table.scheme: table for table in class_tables().values() if table.kind == "matter"}
    return max(schemes, key=lambda scheme: sum(code in schemes[scheme].entries for code in codes))


def _entry(code: str, name: str, scheme: str) -> ClassEntry | None:
    """Return the class that a matter is; None where no table lists the code, or lists it under another name."""
    kind, _, digits = code.rpartition("/")
    table = class_tables().get(f"{scheme}/{kind or 'matter'}")
    entry = table.get(digits) if table is not None else None
    if entry is None or not name:
        return entry
    return entry if fold_heading(name) in {fold_heading(known) for known in _names(entry)} else None


def _names(entry: ClassEntry) -> tuple[str, ...]:
    return entry.name, entry.title.zh, entry.title.en


def _apart(title: str, entry: ClassEntry | None, alike: int) -> str:
    """Return a title with its group where several matters bear it, as the "other" of each group do."""
    if alike == 1 or entry is None:
        return title
    return tr("{title} ({group})", title=title, group=entry.major_title.text(language()))


def _classes(matter: Matter, scheme: str) -> Iterator[tuple[str, str]]:
    """Yield the classes that a duty means by a code or its beginning; a code that no table holds as it is written."""
    kind = matter.kind or "matter"
    table: ClassTable | None = class_tables().get(f"{matter.scheme or scheme}/{kind}")
    below = [entry for entry in table or () if entry.code.startswith(matter.code)]
    prefix = "" if kind == "matter" else f"{kind}/"
    for entry in below:
        yield prefix + entry.code, entry.title.text(language())
    if not below and matter.code:
        yield prefix + matter.code, ""
