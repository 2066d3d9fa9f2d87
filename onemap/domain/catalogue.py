"""The catalogue: what layers the one map has, what each must hold, and who answers for it.

One TOML file a layer in ``layers/`` (file stem = layer id = GeoPackage table = QML stem). A new layer is a new
file, no code. Standard library only.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from ..errors import SchemaError
from .definition import Checked, DefinitionError, Problem, take_fields, take_layer


@dataclass(frozen=True)
class LayerClass:
    """A class of layers: one of the eight of the base map, or grids, duties, cases, findings, the system's own.

    Examples
    --------
    >>> CLASSES["terrain"].title_zh
    '地形图'
    """

    id: str
    title_zh: str
    title_en: str
    order: int

    def title(self, language: str = "en") -> str:
        """Return the title in ``language`` (``"en"`` or ``"zh"``)."""
        return self.title_zh if language == "zh" else self.title_en


_CLASS_TITLES = (
    ("terrain", "地形图", "Terrain"),
    ("imagery", "影像图", "Imagery"),
    ("city3d", "城市三维图", "City in 3D"),
    ("underground", "地下空间图", "Underground space"),
    ("emap", "电子地图", "Electronic map"),
    ("place", "地名地址", "Place names and addresses"),
    ("frame", "框架要素", "Framework features"),
    ("econ", "经济人文", "Economy and society"),
    ("grid", "网格", "Grids"),
    ("duty", "责任", "Duties"),
    ("case", "案件", "Cases"),
    ("finding", "核查结果", "Findings"),
    ("system", "系统信息", "About this map"),
)
CLASSES: Mapping[str, LayerClass] = {
    id_: LayerClass(id_, zh, en, order) for order, (id_, zh, en) in enumerate(_CLASS_TITLES, start=1)
}
BASE_MAP_CLASSES: tuple[str, ...] = tuple(CLASSES)[:8]
_JOINTS = re.compile(r"(?<=[^\W_])[\s_\-\u2010-\u2015\u2212]+(?=[^\W_])")


def fold_heading(text: str) -> str:
    r"""Return a heading as it is compared: full-width folded, outer blanks and case ignored.

    Examples
    --------
    >>> fold_heading(" \uff2fbjCode ")
    'objcode'
    """
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _joined(word: str) -> str:
    """Return a folded word with one blank wherever letters or digits are joined by hyphens, underscores or blanks."""
    return _JOINTS.sub(" ", word)


@dataclass(frozen=True)
class FieldSpec:
    """A column: its type, whether it must be there, its titles, and the headings under which it arrives.

    ``values`` maps each allowed value to its Chinese label (empty: free); ``words`` maps other words that
    offices write for a value to the value. A ``rare`` column is stored only where a run has something to say in it.
    """

    name: str
    type: str
    required: bool
    title_zh: str
    title_en: str
    aliases: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    rare: bool = False

    def title(self, language: str = "en") -> str:
        """Return the title in ``language`` (``"en"`` or ``"zh"``)."""
        return self.title_zh if language == "zh" else self.title_en

    @property
    def unit(self) -> str:
        """Unit of the column, told by the suffix of its name; empty where it has none.

        Examples
        --------
        >>> FieldSpec("area_m2", "real", False, "面积", "Area").unit
        'm2'
        """
        suffix = self.name.rpartition("_")[2]
        return suffix if suffix in {"m", "m2", "mm", "days"} else ""

    @cached_property
    def _value_of(self) -> Mapping[str, str]:
        known = {fold_heading(word): value for word, value in self.words.items()}
        known |= {fold_heading(label): value for value, label in self.values.items()}
        return known | {fold_heading(value): value for value in self.values}

    @cached_property
    def _value_spelled(self) -> Mapping[str, str]:
        """Return the values by their words, however the parts of these are joined; unclear ones are left out."""
        meant: dict[str, set[str]] = {}
        for word, value in self._value_of.items():
            meant.setdefault(_joined(word), set()).add(value)
        return {word: values.pop() for word, values in meant.items() if len(values) == 1}

    def value_of(self, text: str) -> str | None:
        """Return the allowed value meant by ``text`` (the value, its Chinese label or a known word), or None.

        Hyphens, underscores and blanks between the parts of a word are one and the same.

        Examples
        --------
        >>> state = load_catalogue()["case"].field("state")
        >>> state.value_of("已结案"), state.value_of("IN-PROGRESS"), state.value_of("In_Hand"), state.value_of("-")
        ('settled', 'in_hand', 'in_hand', None)
        """
        folded = fold_heading(text)
        return self._value_of.get(folded) or self._value_spelled.get(_joined(folded))


@dataclass(frozen=True)
class LayerSpec:
    """A layer of the one map: geometry, fields, the people who answer for it, secrecy and style."""

    id: str
    class_id: str
    title_zh: str
    title_en: str
    geometry: str
    key: str
    fields: tuple[FieldSpec, ...]
    provider: str
    owner: str
    checker: str
    updater: str
    update_cycle_days: int
    secrecy: str
    style: str

    def title(self, language: str = "en") -> str:
        """Return the title in ``language`` (``"en"`` or ``"zh"``)."""
        return self.title_zh if language == "zh" else self.title_en

    @property
    def is_raster(self) -> bool:
        """Whether the layer is a raster."""
        return self.geometry == "Raster"

    @property
    def is_table(self) -> bool:
        """Whether the layer is a table without geometry."""
        return self.geometry == "None"

    def field(self, name: str) -> FieldSpec:
        """Return the field ``name``.

        Raises
        ------
        SchemaError
            The layer has no such field.
        """
        for spec in self.fields:
            if spec.name == name:
                return spec
        raise SchemaError("layer {layer} has no field {name}", layer=self.id, name=name)

    @property
    def required_fields(self) -> tuple[FieldSpec, ...]:
        """The fields that a source must have."""
        return tuple(spec for spec in self.fields if spec.required)

    def aliases(self) -> dict[str, str]:
        """Return every heading known for this layer, with the canonical name of its column.

        Examples
        --------
        >>> known = load_catalogue()["frame_component"].aliases()
        >>> known["OBJCODE"], known["管理部件标识码"]
        ('component_code', 'component_code')
        """
        known: dict[str, str] = {}
        for spec in self.fields:
            for heading in (*spec.aliases, spec.title_zh, spec.title_en):
                known[heading] = spec.name
        return known | {spec.name: spec.name for spec in self.fields}

    @cached_property
    def _folded(self) -> Mapping[str, str]:
        return {fold_heading(heading): name for heading, name in self.aliases().items()}

    def canonical(self, heading: str) -> str | None:
        """Return the canonical column name of a source's ``heading``, or None where it is unknown.

        Full-width letters, outer blanks and case do not matter.

        Examples
        --------
        >>> load_catalogue()["grid_cell"].canonical(" 网格编码 ")
        'cell_code'
        """
        return self._folded.get(fold_heading(heading))


class Catalogue(Mapping[str, LayerSpec]):
    """All layer definitions by id, ordered by class and then by id."""

    def __init__(self, layers: Mapping[str, LayerSpec]) -> None:
        ordered = sorted(layers.values(), key=lambda spec: (CLASSES[spec.class_id].order, spec.id))
        self._layers = {spec.id: spec for spec in ordered}

    def __getitem__(self, layer_id: str) -> LayerSpec:
        """Return the layer ``layer_id``."""
        return self._layers[layer_id]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the layer ids."""
        return iter(self._layers)

    def __len__(self) -> int:
        """Return the number of layers."""
        return len(self._layers)

    def of_class(self, class_id: str) -> tuple[LayerSpec, ...]:
        """Return the layers of a class.

        Examples
        --------
        >>> [spec.id for spec in load_catalogue().of_class("grid")]
        ['grid_cell', 'grid_community', 'grid_district', 'grid_street']
        """
        return tuple(spec for spec in self._layers.values() if spec.class_id == class_id)


def _shipped_folder(name: str) -> Path:
    """Return a folder of definitions: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


def definitions_folder() -> Path:
    """Return the folder of the layer definitions that onemap ships."""
    return _shipped_folder("layers")


def styles_folder() -> Path:
    """Return the folder of the styles that onemap ships (one QML a layer, and the palette)."""
    return _shipped_folder("styles")


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """Return the catalogue of the layer definitions in ``folder``, by default those that onemap ships.

    Raises
    ------
    SchemaError
        One or more definitions are wrong: one error that lists every problem of every file.

    Examples
    --------
    >>> load_catalogue()["imagery_ortho"].title_zh
    '正射影像'
    """
    return _load(Path(folder) if folder is not None else definitions_folder())


@lru_cache(maxsize=8)
def _load(folder: Path) -> Catalogue:
    """Read and check all files of ``folder``."""
    problems: list[Problem] = []
    layers: dict[str, LayerSpec] = {}
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise SchemaError("{path}: no layer definitions (*.toml) here", path=folder)
    for path in paths:
        checked = Checked(path.name, problems)
        spec = _read(path, checked)
        if spec is not None:
            layers[spec.id] = spec
    if problems:
        raise DefinitionError(problems)
    return Catalogue(layers)


def _read(path: Path, checked: Checked) -> LayerSpec | None:
    """Read one definition; where it is wrong, note the problems and return None."""
    before = len(checked.problems)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        checked.note("{file}: cannot be read as TOML: {detail}", detail=str(error))
        return None
    values = take_layer(path.stem, table, checked, classes=tuple(CLASSES))
    fields = tuple(FieldSpec(**entry) for entry in take_fields(table, checked))
    names = {spec.name for spec in fields}
    if values["key"] and values["key"] not in names:
        checked.note("{file}: key {key} is not among its fields", key=values["key"])
    _check_headings(fields, checked)
    if len(checked.problems) > before:
        return None
    return LayerSpec(fields=fields, **values)


def _check_headings(fields: tuple[FieldSpec, ...], checked: Checked) -> None:
    """Note each heading that two fields of a layer claim: a source's column could not be placed."""
    claimed: dict[str, str] = {}
    for spec in fields:
        for heading in {fold_heading(h) for h in (spec.name, spec.title_zh, spec.title_en, *spec.aliases)}:
            other = claimed.setdefault(heading, spec.name)
            if other != spec.name:
                checked.note(
                    "{file}: heading {heading} is claimed by {first} and {second}",
                    heading=heading,
                    first=other,
                    second=spec.name,
                )


def layer_title(layer_id: str, language: str = "en") -> str:
    """Return the title of a layer; the id itself where the catalogue does not know it.

    Examples
    --------
    >>> layer_title("grid_cell", "zh")
    '单元网格'
    """
    spec = load_catalogue().get(layer_id)
    return spec.title(language) if spec is not None else layer_id


def class_title(class_id: str, language: str = "en") -> str:
    """Return the title of a class; the id itself where it is unknown.

    Examples
    --------
    >>> class_title("econ", "zh")
    '经济人文'
    """
    known = CLASSES.get(class_id)
    return known.title(language) if known is not None else class_id


def field_title(layer_id: str, name: str, language: str = "en") -> str:
    """Return the title of a layer's column; the name itself where the catalogue does not know it.

    Examples
    --------
    >>> field_title("case", "reported_at", "zh")
    '上报时间'
    """
    spec = load_catalogue().get(layer_id)
    for known in spec.fields if spec is not None else ():
        if known.name == name:
            return known.title(language)
    return name


def value_label(layer_id: str, name: str, value: str, language: str = "en") -> str:
    """Return the label of a column's value: Chinese from the definition, English from the value itself.

    Examples
    --------
    >>> value_label("case", "state", "in_hand", "zh"), value_label("case", "state", "in_hand")
    ('办理中', 'in hand')
    """
    if language != "zh":
        return value.replace("_", " ")
    spec = load_catalogue().get(layer_id)
    for known in spec.fields if spec is not None else ():
        if known.name == name:
            return known.values.get(value, value)
    return value
