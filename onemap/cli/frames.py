"""Files named on the command line to frames, and frames to files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from onemap.errors import OnemapError


def read_frame(path: Path, **options: Any) -> Any:
    """Read a file that need not be of a catalogue layer; what could not be read is said on stderr."""
    from onemap.sources.reading import ReadRequest, read

    reading = read(ReadRequest(path, **options))
    for row in reading.rejects.head(5).itertuples():
        typer.echo(f"{row.source}, {row.row}: {row.reason}", err=True)
    return reading.frame


def cells_and_code(path: Path, *, code: str | None, needed: bool = True, **options: Any) -> tuple[Any, str]:
    """Read cells and find the column of their codes: the one named, else by the titles that the catalogue knows.

    Where a code is not ``needed`` and none is found, the name of an absent column is returned: row numbers serve.

    Raises
    ------
    OnemapError
        The column named is absent, or none is named, none is known, and one is needed.
    """
    from onemap.domain.catalogue import fold_heading, load_catalogue

    cells = read_frame(path, **options)
    columns = [str(column) for column in cells.columns if column != cells.geometry.name]
    if code is not None:
        if code not in columns:
            raise OnemapError(
                "{path}: has no column {code}; it has {columns}", path=path, code=code, columns=", ".join(columns)
            )
        return cells, code
    catalogue = load_catalogue()
    for layer_id in ("grid_cell", "grid_community", "grid_street", "grid_district", "duty_grid"):
        spec = catalogue[layer_id]
        known = {fold_heading(alias) for alias, name in spec.aliases().items() if name == spec.key}
        found = [column for column in columns if fold_heading(column) in known]
        if found:
            return cells, found[0]
    if not needed:
        return cells, catalogue["grid_cell"].key
    raise OnemapError(
        "{path}: which column holds the codes? Name it with --code; the columns are {columns}",
        path=path,
        columns=", ".join(columns),
    )


def write_frames(frames: Mapping[str, Any], path: Path | None) -> Path | None:
    """Write frames to a file, if one was asked for; the suffix decides the format."""
    from onemap.store.tables import write_tables

    return None if path is None else write_tables(frames, path)
