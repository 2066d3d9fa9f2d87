"""Who is appointed to which grid today: the names behind *mine* and the filter of holders."""

from datetime import date

from ..project.one_map_file import OneMapFile, columns_of, quoted, reading, tables_of
from .words import Words

_WANTED = ("grid_code", "name", "role", "deputy", "valid_from", "valid_to")
_FIRST = {"grid_worker": 0, "collector": 1, "patrol": 2}


def holders_of(one_map: OneMapFile, today: date | None = None) -> dict[str, str]:
    """Return the name of the person in each grid, by the code of the grid; deputies and past ones are left out."""
    day = (today or Words(one_map.facts).today()).isoformat()
    with reading(one_map.path) as connection:
        if "holder" not in tables_of(connection):
            return {}
        present = columns_of(connection, "holder")
        if not {"grid_code", "name"} <= set(present):
            return {}
        wanted = ", ".join(quoted(name) if name in present else "NULL" for name in _WANTED)
        rows = connection.execute(f"SELECT {wanted} FROM holder ORDER BY fid").fetchall()  # noqa: S608 # nosec B608
    found: dict[str, tuple[int, str]] = {}
    for grid, name, role, deputy, first, last in rows:
        if not grid or not name or deputy or (first and str(first)[:10] > day) or (last and str(last)[:10] < day):
            continue
        rank = _FIRST.get(role or "", len(_FIRST))
        if grid not in found or rank < found[grid][0]:
            found[grid] = (rank, str(name))
    return {grid: name for grid, (_, name) in found.items()}
