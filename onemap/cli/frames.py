"""Files named on the command line to frames, and frames to files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from onemap.domain.catalogue import fold_heading, load_catalogue
from onemap.errors import CrsError, OnemapError, some
from onemap.translation import translate

from .options import LANGUAGE, AsOf, Code, Crs, Encoding, Layer, file_and_layer, helped, rows_wanted
from .terminal import labelled

_MOST_SAID = 5
_SENTENCES = ("reason", "who_could_close")
_DATES = ("valid_from", "valid_to")
_LEVELS = ("grid_cell", "grid_community", "grid_street", "grid_district", "duty_grid")
_LISTED = (".csv", ".tsv", ".txt", ".gz", ".xlsx", ".xls")
_LAYERED = (".gpkg", ".gdb")
_OF_VERBS = {"repair_move", "repair_refused", "unmet", "change", "defect", "impossible", "lineage", "finding"}
"""Layers that verbs write beside the cells."""
_CODE_HEADINGS = ("code", "编码", "代码", "区划代码", "行政区划代码", "统计用区划代码", "adcode")
_NAME_HEADINGS = ("name", "名称", "区划名称", "单位名称", "行政区划名称")


@dataclass(frozen=True)
class Source:
    """How the file that a verb is about is read: a group of options."""

    layer: Layer = None
    code: Code = None
    as_of: AsOf = None
    crs: Crs = None
    encoding: Encoding = None

    def frame(self, path: Path) -> Any:
        """Read a file whose rows need no code."""
        return read_frame(path, layer=self.layer, as_of=self.as_of, crs=self.crs, encoding=self.encoding)

    def cells(self, path: Path, **options: Any) -> tuple[Any, str]:
        """Read cells and find the column of their codes, see `cells_and_code`; ``beside`` names the other files."""
        return cells_and_code(path, **{**vars(self), **options})


def read_frame(path: Path, *, layer: str | None = None, as_of: str | None = None, **options: Any) -> Any:
    """Read a file that need not be of a catalogue layer; what was guessed or could not be read is said on stderr.

    The layer may be named in the path, as ``FILE|LAYER``, and the rows, see `rows_wanted`. With ``as_of``, only the
    rows in force on that day are returned; a file without dates is always in force.
    """
    from onemap.sources.reading import ReadRequest, read

    wanted = rows_wanted(path)
    path, named = file_and_layer(path)
    reading = read(ReadRequest(path, layer=layer or named, **options))
    for row in reading.rejects.head(_MOST_SAID).itertuples():
        _note(labelled(f"{row.source}, {row.row}", translate(row.reason, LANGUAGE), language=LANGUAGE))
    more = len(reading.rejects) - _MOST_SAID
    if more > 0:
        _note(helped("{path}: {count} more rows with something wrong", path=path, count=more))
    for note in reading.notes:
        _note(labelled(path.name, translate(note, LANGUAGE), language=LANGUAGE))
    frame = reading.frame if wanted is None else _taken(path, reading.frame, wanted)
    return frame if as_of is None else _in_force(path, frame, as_of)


def _taken(path: Path, frame: Any, wanted: tuple[str, tuple[str, ...]]) -> Any:
    """Return the rows in which a column is filled, or has one of the values, and say how many they are.

    Raises
    ------
    OnemapError
        There is no such column.
    """
    from onemap.sources.values import as_text

    asked, values = wanted
    column = named_column(frame, asked)
    if column is None:
        columns = ", ".join(str(name) for name in frame.columns if name != frame.geometry.name)
        raise OnemapError("{path}: has no column {code}; it has {columns}", path=path, code=asked, columns=columns)
    texts = as_text(frame[column]).fillna("")
    found = frame[texts.isin(values) if values else texts != ""]
    said = f"{column}={','.join(values)}" if values else column
    text = "{path}: {found} of {count} rows have {said}"
    _note(helped(text, path=path.name, said=said, found=len(found), count=len(frame)))
    return found


def read_beside(path: Path, *, crs: str | None = None, **options: Any) -> Any:
    """Read one of several files: the CRS given is of those that say none, and one that says its own keeps it."""
    from onemap.geo.crs import resolve_crs

    try:
        frame = read_frame(path, **options)
    except CrsError:
        if crs is None:
            raise
        return read_frame(path, crs=crs, **options)
    if crs is not None and frame.crs is not None and frame.crs != resolve_crs(crs).crs:
        _note(
            helped("{path}: keeps the coordinate system that it says; --crs is for files that say none", path=path.name)
        )
    return frame


def frame_or_none(path: Path | None, **options: Any) -> Any:
    """Read a file beside another if one was named, see `read_beside`."""
    return None if path is None else read_beside(path, **options)


def frames_or_none(paths: list[Path] | None, *, crs: str | None, column: str | None = None) -> Any:
    """Read files beside another and put them under one another; ``column``: found by its title, bears this name."""
    import pandas as pd

    if not paths:
        return None
    frames = [read_beside(path, crs=crs) for path in paths]
    if column is not None:
        frames = [frame.rename(columns={named_or_same(frame, column): column}) for frame in frames]
    if len(frames) == 1:
        return frames[0]
    frames = [frame.to_crs(frames[0].crs) for frame in frames]
    whole = pd.concat(frames, ignore_index=True)
    return whole.set_axis(range(1, len(whole) + 1))


def _note(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _in_force(path: Path, frame: Any, as_of: str) -> Any:
    """Return the rows in force, and say how many are not; the columns of the dates are found by their headings."""
    from onemap.geo.dated import in_force

    columns = {field: heading for field in _DATES if (heading := named_column(frame, field)) is not None}
    found = in_force(frame, as_of, **columns)
    if len(found) < len(frame):
        left_out = len(frame) - len(found)
        _note(helped("{path}: {count} rows are not in force on {day}", path=path.name, count=left_out, day=as_of))
    return found


def named_column(frame: Any, name: str) -> str | None:
    """Return the column of a name: the very one, else the one whose heading the catalogue knows to mean the same."""
    columns = [str(column) for column in frame.columns]
    if name in columns:
        return name
    for spec in load_catalogue().values():
        field = spec.canonical(name)
        found = [column for column in columns if field is not None and spec.canonical(column) == field]
        if found:
            return found[0]
    return None


def named_or_same(frame: Any, name: str | None) -> str | None:
    """Return the column of a name, or the name itself, which the library then says it misses."""
    return name if name is None else named_column(frame, name) or name


def community_column(frame: Any, asked: str | None) -> str:
    """Return the column that says in which community a cell lies: the one asked for, else by its title."""
    names = ("community_code", "parent_code") if asked is None else (asked,)
    found = (named_column(frame, name) for name in names)
    return next((column for column in found if column is not None), names[-1])


def misreading(points: Any, cells: Any) -> str:
    """Return how points that miss the cells would probably have to be read, in English; empty where nothing fits."""
    import shapely

    from onemap.geo.faults import propose_positions

    if points.crs is None:
        return ""
    shapes = points.geometry.to_numpy()
    found = propose_positions(shapely.get_x(shapes), shapely.get_y(shapes), crs=points.crs, district=cells)
    return found[0].sentence if found else ""


def cells_and_code(
    path: Path,
    *,
    code: str | None = None,
    layer: str | None = None,
    needed: bool = True,
    level: str = "grid_cell",
    option: str = "--layer",
    beside: Iterable[Any] = (),
    **options: Any,
) -> tuple[Any, str]:
    """Read cells and find the column of their codes: the one named, else by the titles that the catalogue knows.

    Of a file with several layers the one that holds cells is taken, ``option`` names another. Where a code is not
    ``needed`` and none is found, the name of an absent column is returned: row numbers serve. Where other files are
    read ``beside``, a CRS given is of those that say none; it may not contradict the only file.

    Raises
    ------
    OnemapError
        Several layers hold cells, or none; the column named is absent, or none is named, none is known, and one is
        needed.
    """
    asked, (path, named) = path, file_and_layer(path)
    reader = read_beside if any(one is not None for one in beside) else read_frame
    cells = reader(asked, layer=layer or named or cells_layer(path, level=level, option=option), **options)
    columns = [str(column) for column in cells.columns if column != cells.geometry.name]
    found = _code_column(cells.drop(columns=cells.geometry.name), code)
    if found is not None:
        return cells, found
    if code is not None:
        raise OnemapError(
            "{path}: has no column {code}; it has {columns}", path=path, code=code, columns=", ".join(columns)
        )
    if not needed:
        _note(helped("{path}: no column of cell codes; rows are called by their numbers", path=path.name))
        return cells, load_catalogue()["grid_cell"].key
    raise OnemapError(
        "{path}: which column holds the codes? Name it with --code; the columns are {columns}. Cells without codes get "
        "them from: onemap number",
        path=path,
        columns=", ".join(columns),
    )


def _code_column(table: Any, code: str | None) -> str | None:
    """Return the column of the cells' codes; one whose codes stand twice on the average is of what lies above."""
    if code is not None:
        return named_column(table, code)
    for layer_id in _LEVELS:
        spec = load_catalogue()[layer_id]
        for column in map(str, table.columns):
            above = layer_id != "grid_cell" and 2 * table[column].nunique() <= len(table) > 0
            if spec.canonical(column) == spec.key and not above:
                return column
    return None


def cells_layer(path: Path, *, level: str = "grid_cell", option: str = "--layer") -> str | None:
    """Return the layer of a file that holds cells; None: there is no choice to make.

    It is the one that bears the level's name or title, else the only one of polygons with a column of its codes, else
    the only one of polygons that no verb wrote beside its answer.

    Raises
    ------
    OnemapError
        Several layers hold cells, or none of several does.
    """
    import pyogrio

    if path.suffix.lower() not in _LAYERED:
        return None
    spec = load_catalogue()[level]
    try:
        listed = [(str(name), str(shape)) for name, shape in pyogrio.list_layers(path)]
        shaped = [name for name, shape in listed if name not in _OF_VERBS and _areal(path, name, shape)]
        headings = {name: pyogrio.read_info(path, layer=name)["fields"] for name in shaped}
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
        return None  # whoever reads it says what is wrong
    if len(listed) <= 1:
        return None
    called = [name for name in shaped if name in (spec.id, spec.title_zh, spec.title_en)]
    coded = [name for name in shaped if any(spec.canonical(str(one)) == spec.key for one in headings[name])]
    found = called or coded or shaped
    if len(found) != 1:
        raise OnemapError(
            "{path}: it has the layers {layers}; name the one of the cells with {option}",
            path=path,
            layers=some((name for name, _ in listed), most=20),
            option=option,
        )
    _note(helped("{path}: the cells are taken from its layer {layer}", path=path.name, layer=found[0]))
    return found[0]


def _areal(path: Path, layer: str, shape: str) -> bool:
    """Return whether a layer is of polygons; where it may hold any shape, its first row says so."""
    import pyogrio

    if shape != "Unknown":
        return "Polygon" in shape
    first = pyogrio.read_dataframe(path, layer=layer, columns=[], max_features=1)
    return any("Polygon" in str(kind) for kind in first.geom_type)


def kept_locator(path: Path, cells: Any, code: str) -> Any:
    """Return the index of the cells of a published map, if it is kept beside the map and of these cells; else None."""
    from onemap.errors import StoreError
    from onemap.geo.cell_codes import unique_codes
    from onemap.geo.locator import CellLocator
    from onemap.store.kept_index import index_path
    from onemap.store.one_map import open_map

    path, _ = file_and_layer(path)
    if not path.with_name(f"{path.stem}.index").is_dir():
        return None
    try:
        one_map = open_map(path, verify=False)
        for finest in one_map.levels[-1:]:
            return CellLocator.load(index_path(one_map, finest), unique_codes(cells, code), code=code)
    except StoreError:  # no published map, or cells of another level
        return None
    return None


def is_list(path: Path) -> bool:
    """Return whether a file is a table of codes and names: one whose rows have no shapes of their own."""
    from onemap.sources.positions import has_shapes
    from onemap.sources.reading import read_attributes

    return path.name.lower().endswith(_LISTED) and path.is_file() and not has_shapes(read_attributes(path))


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
    told = [name for name in _SENTENCES if name in frame.columns]
    said = {name: [translate(one, language) if isinstance(one, str) else one for one in frame[name]] for name in told}
    return frame.assign(**said) if told else frame
