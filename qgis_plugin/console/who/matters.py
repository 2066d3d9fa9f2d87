"""The matters for which a map can name holders: of its cases, the most frequent first, then all that duties name."""

import sqlite3
from collections.abc import Iterator

from ...onemap.domain.classes import ClassTable, class_tables
from ...onemap.domain.duties import Matter, parse_matters
from ...onemap.errors import OnemapError
from ...project.one_map_file import OneMapFile, columns_of, reading, tables_of
from ...translation import language

_OF_CASES = (
    "SELECT matter_code, coalesce(matter_name, '') FROM \"case\" WHERE coalesce(matter_code, '') <> '' "
    "GROUP BY matter_code ORDER BY count(*) DESC, matter_code"
)
_OF_DUTIES = "SELECT DISTINCT coalesce(matters, '') FROM duty ORDER BY 1"


def matters_of(one_map: OneMapFile) -> list[tuple[str, str]]:
    """Return code and name of each matter; none where the map has no duties, and so names nobody."""
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
    return list(found.items())


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
