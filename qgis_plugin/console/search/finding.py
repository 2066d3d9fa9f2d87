"""Find what a person names: an area or its code, an address, a place, a holder, a case. No QGIS object is made here."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from ...onemap.domain.catalogue import load_catalogue
from ...onemap.domain.codes import profile
from ...onemap.errors import OnemapError
from ...project.one_map_file import OneMapFile, columns_of, quoted, reading, tables_of
from ...translation import language, title_of
from ..envelope import Box, box_of

PLACES = ("place_address", "place_name", "emap_poi", "frame_compound", "city3d_building", "econ_unit", "emap_road")
MOST = 8  # of one layer: a search shows what was meant, not all there is
SHORTEST = 2


@dataclass(frozen=True)
class Hit:
    """One thing found.

    Attributes
    ----------
    title, group, detail
        Its name or code; the title of its layer; what else is known: for a code, its digits explained.
    box
        Where it lies, in the map's coordinates; None where it has no place.
    """

    title: str
    group: str
    detail: str
    box: Box | None


def find(one_map: OneMapFile, text: str) -> Iterator[Hit]:
    """Yield what the text may mean, areas first; every word must occur.

    A code is found by its beginning or its end (the last digits are what people say), a name by any part.
    """
    words = text.split()
    if len(text.strip()) < SHORTEST:
        return
    with reading(one_map.path) as connection:
        present = tables_of(connection)
        for table in (*reversed(one_map.levels), "duty_grid", "case", "holder", *PLACES):
            if table in present:
                yield from _in_table(connection, one_map, table, present[table], words)


def _in_table(
    connection: sqlite3.Connection, one_map: OneMapFile, table: str, geometry: str, words: list[str]
) -> Iterator[Hit]:
    spec = load_catalogue()[table]
    columns = columns_of(connection, table)
    code = spec.key if spec.key in columns else ""
    asked = [name for name in ("name", "address", "matter_name", "phone", "holder") if name in columns]
    if not code and not asked:
        return
    tests, values = [], []
    for word in words:
        like = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        parts = [f"{quoted(name)} LIKE ? ESCAPE '\\'" for name in asked]
        values += [f"%{like}%"] * len(asked)
        if code:
            parts += [f"{quoted(code)} LIKE ? ESCAPE '\\'"] * 2
            values += [f"{like}%", f"%{like}"]
        tests.append(f"({' OR '.join(parts)})")
    shape = quoted(geometry) if geometry else "NULL"
    named = ", ".join(quoted(name) for name in (code, *asked) if name)
    sql = f"SELECT {named}, {shape} AS shape_ FROM {quoted(table)} WHERE {' AND '.join(tests)} LIMIT {MOST}"  # noqa: S608 # nosec B608
    layer = one_map.layer(table)
    group = one_map.title_of(layer, language()) if layer else title_of(spec)
    for row in connection.execute(sql, values):
        texts = [str(row[name]) for name in asked if row[name]]
        own = str(row[code] or "") if code else ""
        yield Hit(
            " ".join([own, *texts[:1]]).strip(),
            group,
            explained(one_map, own) or " ".join(texts[1:]),
            box_of(row["shape_"]),
        )


def explained(one_map: OneMapFile, code: str) -> str:
    """Return the digits of a grid code explained on one line; empty where the district names no profile for it."""
    name = one_map.facts.get("code_profile", "")
    if not name:
        return ""
    try:
        scheme = profile(name)
        if len(code) != scheme.length:
            return ""
        return " · ".join(str(scheme.explain(code, language=language())).splitlines()[1:])
    except OnemapError:
        return ""
