"""Find what a person names: an area or its code, an address, a place, a holder, a case. No QGIS object is made here."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...onemap.domain.catalogue import load_catalogue
from ...onemap.domain.codes import profile
from ...onemap.errors import OnemapError
from ...project.one_map_file import OneMapFile, columns_of, quoted, reading, tables_of
from ...translation import language, title_of, tr
from ..envelope import Box, box_of
from ..who.card import masked, role_title

PLACES = ("place_address", "place_name", "emap_poi", "frame_compound", "city3d_building", "econ_unit", "emap_road")
MOST = 8  # of one layer: a search shows what was meant, not all there is
SHORTEST = 2
_SHOWN = ("name", "address", "matter_name", "holder")
_TELEPHONE = re.compile(r"\+?\d[\d\s-]{5,}\d")
_CUT = re.compile(r"^(?:…|\.{2,})")  # a label on the map shows the end of a code behind these
_IS_CODE = re.compile(r"[A-Za-z]*\d{3,}[A-Za-z\d]*")


@dataclass(frozen=True)
class Hit:
    """One thing found.

    Attributes
    ----------
    title, group, detail
        Its name or code; the title of its layer; what else is known: for a code, its digits explained.
    box
        Where it lies, in the map's coordinates; None where it has no place.
    table, fid
        The row of the map that it is.
    """

    title: str
    group: str
    detail: str
    box: Box | None
    table: str = ""
    fid: int = -1


def find(one_map: OneMapFile, text: str) -> Iterator[Hit]:
    """Yield what the text may mean; every word must occur.

    A code is found by its beginning or its end (the last digits are what people say, and what labels show), a name by
    any part, a telephone number only as a whole; it is never shown whole. What bears exactly this code comes first;
    for a part of a code areas come before cases and houses, for words people and places before cases.
    """
    text = _CUT.sub("", text.strip())
    if len(text) < SHORTEST:
        return
    areas = (*reversed(one_map.levels), "duty_grid")
    in_order = (*areas, "case", "holder", *PLACES) if _IS_CODE.fullmatch(text) else (*areas, "holder", *PLACES, "case")
    with reading(one_map.path) as connection:
        present = tables_of(connection)
        later = []
        for table in in_order:
            if table in present:
                for is_exact, hit in _in_table(connection, one_map, table, present, text):
                    if is_exact:
                        yield from (hit, *_digits(one_map, hit))
                    else:
                        later.append(hit)
    yield from later


def _in_table(
    connection: sqlite3.Connection, one_map: OneMapFile, table: str, present: dict[str, str], text: str
) -> Iterator[tuple[bool, Hit]]:
    """Yield what one table holds, and of each whether its code is exactly the text."""
    spec = load_catalogue()[table]
    columns = columns_of(connection, table)
    code = spec.key if spec.key in columns else ""
    asked = [name for name in _SHOWN if name in columns]
    if not code and not asked:
        return
    tests: list[str] = []
    values: list[str] = []
    for word in text.split():
        like = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        parts = [f"{quoted(name)} LIKE ? ESCAPE '\\'" for name in asked]
        values += [f"%{like}%"] * len(asked)
        if code:
            parts += [f"{quoted(code)} LIKE ? ESCAPE '\\'"] * 2
            values += [f"{like}%", f"%{like}"]
        tests.append(f"({' OR '.join(parts)})")
    shape = quoted(present[table]) if present[table] else "NULL"
    person = [name for name in ("phone", "role", "grid_code") if table == "holder" and name in columns]
    where = f"({' AND '.join(tests)})"
    if "phone" in person and _TELEPHONE.fullmatch(text):
        where = f"({where} OR {quoted('phone')} = ?)"
        values.append(re.sub(r"[\s-]", "", text))
    first = f"{quoted(code)} <> ?, " if code else ""
    values += [text] if code else []
    named = ", ".join(quoted(name) for name in ("fid", code, *asked, *person) if name)
    sql = f"SELECT {named}, {shape} AS shape_ FROM {quoted(table)} WHERE {where} ORDER BY {first}fid LIMIT {MOST}"  # noqa: S608 # nosec B608
    layer = one_map.layer(table)
    group = one_map.title_of(layer, language()) if layer else title_of(spec)
    for row in connection.execute(sql, values):
        texts = [str(row[name]) for name in asked if row[name]]
        own = str(row[code] or "") if code else ""
        known = {name: str(row[name] or "") for name in person}
        about = [role_title(known.get("role", "")), known.get("grid_code", ""), masked(known.get("phone", ""))]
        detail = " · ".join(explained(one_map, own)) or " ".join(filter(None, [*texts[1:], *about]))
        title = " ".join([own, *texts[:1]]).strip()
        place = _grid(connection, one_map, present, known["grid_code"]) if known.get("grid_code") else None
        box, where, fid = place or (box_of(row["shape_"]), table, row["fid"])
        yield own == text, Hit(title, group, detail, box, where, fid)


def _grid(
    connection: sqlite3.Connection, one_map: OneMapFile, present: dict[str, str], code: str
) -> tuple[Box | None, str, int] | None:
    """Return where the grid of this code lies, its table and its row: there is who holds it."""
    for table in (*one_map.levels, "duty_grid"):
        key = load_catalogue()[table].key
        if present.get(table) and key in columns_of(connection, table):
            sql = f"SELECT fid, {quoted(present[table])} FROM {quoted(table)} WHERE {quoted(key)} = ?"  # noqa: S608 # nosec B608
            row = connection.execute(sql, (code,)).fetchone()
            if row is not None:
                return box_of(row[1]), table, row[0]
    return None


def _digits(one_map: OneMapFile, hit: Hit) -> Iterator[Hit]:
    """Yield a row for each part of a code that was named whole: beside it in one line they would be cut off.

    Each begins with the code up to there, for QGIS sorts the rows of a group by their letters.
    """
    code = ""
    for part in explained(one_map, hit.title.split(" ")[0]):
        digits, _, words = part.partition(" ")
        code += digits
        yield replace(hit, title=f"{code}  {words}", group=tr("The code, digit by digit"), detail="")


def explained(one_map: OneMapFile, code: str) -> list[str]:
    """Return the parts of a grid code, each with its digits; none where the district names no profile for it."""
    name = one_map.facts.get("code_profile", "")
    if not name:
        return []
    try:
        scheme = profile(name)
        if len(code) != scheme.length:
            return []
        return str(scheme.explain(code, language=language())).splitlines()[1:]
    except OnemapError:
        return []
