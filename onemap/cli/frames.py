"""Files named on the command line to frames, and frames to files."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from onemap.errors import OnemapError
from onemap.translation import translate

from .options import LANGUAGE, helped

_MOST_SAID = 5
_DATES = ("valid_from", "valid_to")
_CODE_HEADINGS = ("code", "编码", "代码", "区划代码", "行政区划代码", "统计用区划代码", "adcode")
_NAME_HEADINGS = ("name", "名称", "区划名称", "单位名称", "行政区划名称")


def read_frame(path: str | Path, *, as_of: str | None = None, **options: Any) -> Any:
    """Read a file that need not be of a catalogue layer; what was guessed or could not be read is said on stderr.

    A layer may also be named behind the file (``FILE|LAYER``). With ``as_of``, only the rows in force on that day are
    returned; a file without dates is always in force.
    """
    from onemap.sources.reading import ReadRequest, read

    file, inside = file_and_layer(path)
    reading = read(ReadRequest(file, **{"layer": inside, **{k: v for k, v in options.items() if v is not None}}))
    for row in reading.rejects.head(_MOST_SAID).itertuples():
        typer.echo(f"{row.source}, {row.row}: {translate(row.reason, LANGUAGE)}", err=True)
    more = len(reading.rejects) - _MOST_SAID
    if more > 0:
        typer.echo(helped("{path}: {count} more rows with something wrong", path=file, count=more), err=True)
    for note in reading.notes:
        typer.echo(f"{file.name}: {translate(note, LANGUAGE)}", err=True)
    return reading.frame if as_of is None else _in_force(file, reading.frame, as_of)


def file_and_layer(name: str | Path) -> tuple[Path, str | None]:
    """Return file and layer of ``FILE|LAYER``; QGIS's way to write it (``FILE|layername=LAYER``) is understood.

    Examples
    --------
    >>> file_and_layer("map.gpkg|grid_cell")[1], file_and_layer("map.gpkg")[1]
    ('grid_cell', None)
    """
    if os.path.exists(name):  # noqa: PTH110 - Path.exists fails where a name is too long for a file
        return Path(name), None
    path, _, layer = str(name).partition("|")
    return Path(path), layer.removeprefix("layername=") or None


def _in_force(path: Path, frame: Any, as_of: str) -> Any:
    """Return the rows in force, and say how many are not; the columns of the dates are found by their headings."""
    from onemap.geo.dated import in_force

    columns = {field: heading for field in _DATES if (heading := dated_column(frame, field)) is not None}
    found = in_force(frame, as_of, **columns)
    if len(found) < len(frame):
        left_out = len(frame) - len(found)
        typer.echo(
            helped("{path}: {count} rows are not in force on {day}", path=path.name, count=left_out, day=as_of),
            err=True,
        )
    return found


def dated_column(frame: Any, field: str) -> str | None:
    """Return the column that holds ``valid_from`` or ``valid_to``, by the titles that the catalogue knows."""
    from onemap.domain.catalogue import fold_heading, load_catalogue

    columns = [str(column) for column in frame.columns]
    if field in columns:
        return field
    catalogue = load_catalogue()
    specs = [spec for spec in catalogue.values() if any(known.name == field for known in spec.fields)]
    known = {fold_heading(alias) for spec in specs for alias, name in spec.aliases().items() if name == field}
    return next((column for column in columns if fold_heading(column) in known), None)


def misreading(points: Any, cells: Any) -> str:
    """Return how points that miss the cells would probably have to be read, in English; empty where nothing fits."""
    import shapely

    from onemap.geo.faults import propose_positions

    if points.crs is None:
        return ""
    shapes = points.geometry.to_numpy()
    found = propose_positions(shapely.get_x(shapes), shapely.get_y(shapes), crs=points.crs, district=cells)
    return found[0].sentence if found else ""


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


def kept_locator(path: Path, cells: Any, code: str) -> Any:
    """Return the index of the cells of a published map, if it is kept beside the map and of these cells; else None."""
    from onemap.errors import StoreError
    from onemap.geo.locator import CellLocator
    from onemap.store.kept_index import index_path
    from onemap.store.one_map import open_map

    if not path.with_name(f"{path.stem}.index").is_dir():
        return None
    try:
        one_map = open_map(path, verify=False)
        for finest in one_map.levels[-1:]:
            return CellLocator.load(index_path(one_map, finest), cells, code=code)
    except StoreError:  # no published map, or cells of another level
        return None
    return None


def code_list(path: Path, *, code: str | None, name: str | None) -> list[tuple[str, str]]:
    """Read a list of codes and their names; the columns are found by their headings where they are not named."""
    from onemap.sources.reading import read_attributes
    from onemap.sources.values import as_text

    table = read_attributes(path)
    codes = _column(path, table, code, _CODE_HEADINGS, "--code")
    names = _column(path, table, name, _NAME_HEADINGS, "--name")
    texts = (as_text(table[column]).fillna("") for column in (codes, names))
    return list(zip(*texts, strict=True))


def code_column(path: Path, *, column: str | None) -> list[str]:
    """Read the codes of one column as text; it is found by its heading where it is not named."""
    from onemap.domain.catalogue import fold_heading, load_catalogue
    from onemap.sources.reading import read_attributes
    from onemap.sources.values import as_text

    keys = [
        fold_heading(alias)
        for spec in load_catalogue().values()
        for alias, name in spec.aliases().items()
        if name == spec.key
    ]
    table = read_attributes(path)
    heading = _column(path, table, column, (*_CODE_HEADINGS, *keys), "--column")
    return [str(code) for code in as_text(table[heading]).fillna("")]


def _column(path: Path, table: Any, wanted: str | None, known: tuple[str, ...], option: str) -> str:
    from onemap.domain.catalogue import fold_heading

    columns = [str(column) for column in table.columns]
    if wanted is not None and wanted not in columns:
        raise OnemapError(
            "{path}: has no column {code}; it has {columns}", path=path, code=wanted, columns=", ".join(columns)
        )
    found = [wanted] if wanted is not None else [column for column in columns if fold_heading(column) in known]
    if not found:
        raise OnemapError(
            "{path}: which column is it? Name it with {option}; the columns are {columns}",
            path=path,
            option=option,
            columns=", ".join(columns),
        )
    return found[0]


def write_frames(frames: Mapping[str, Any], path: Path | None, language: str) -> Path | None:
    """Write frames to a file, if one was asked for; the suffix decides the format, reasons are in ``language``."""
    from onemap.store.tables import write_tables

    if path is None:
        return None
    return write_tables({name: _in_language(frame, language) for name, frame in frames.items()}, path)


def _in_language(frame: Any, language: str) -> Any:
    if "reason" not in frame.columns:
        return frame
    said = [translate(text, language) if isinstance(text, str) else text for text in frame["reason"]]
    return frame.assign(reason=said)
