"""The matters for which a map can name holders: those of its cases, the most frequent first."""

from ...project.one_map_file import OneMapFile, columns_of, reading, tables_of

_MATTERS = (
    "SELECT matter_code, coalesce(matter_name, '') FROM \"case\" WHERE coalesce(matter_code, '') <> '' "
    "GROUP BY matter_code ORDER BY count(*) DESC, matter_code"
)


def matters_of(one_map: OneMapFile) -> list[tuple[str, str]]:
    """Return code and name of each matter; none where the map has no duties, and so names nobody."""
    with reading(one_map.path) as connection:
        present = tables_of(connection)
        if "duty" not in present or "case" not in present:
            return []
        if "matter_code" not in columns_of(connection, "case"):
            return []
        return [(str(code), str(name)) for code, name in connection.execute(_MATTERS)]
