"""What may stand in a manifest: keys, types, and the rules between them. All problems are collected."""

import datetime as dt
import difflib
import math
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from .domain.catalogue import LayerSpec, load_catalogue
from .domain.codes import profile, profiles
from .errors import OnemapError, SchemaError
from .translation import LANGUAGES, say


@dataclass(frozen=True)
class Key:
    """One key: the type of its value, whether it must be there, and the values allowed (empty: any)."""

    type: str  # text, number (not negative), count, flag, date, names (text to text), values, maps, choices
    required: bool = False
    among: tuple[str, ...] = ()


_PEOPLE = {"provider": Key("text"), "owner": Key("text"), "checker": Key("text"), "updater": Key("text")}
TOP = {
    "schema": Key("count"),
    "district": Key("table"),
    "levels": Key("table"),
    "cases": Key("table"),
    "coverage": Key("table"),
    "audit": Key("table"),
    "previous": Key("table"),
    "source": Key("table"),
}
DISTRICT = {
    "name": Key("text", required=True),
    "crs": Key("text", required=True),
    "name_en": Key("text"),
    "code": Key("text"),
    "code_profile": Key("text"),
    "as_of": Key("date"),
    "margin_m": Key("number"),
    "language": Key("text", among=LANGUAGES),
    "gcj02": Key("flag"),
    "timezone": Key("text"),
}
LEVEL = {"zh": Key("text"), "en": Key("text"), "dissolve": Key("text")}
CASES = {"near_m": Key("number"), "border_m": Key("number")}
COVERAGE = {"tolerance_m": Key("number"), "agency_tolerance_m": Key("number"), "allowed": Key("text")}
AUDIT = {
    "exceptions": Key("text"),
    "survey_scale": Key("count"),
    **dict.fromkeys(
        (
            "smallest_m2",
            "largest_m2",
            "cut_share",
            "barrier_m",
            "beyond_share",
            "least_compactness",
            "reach_m",
            "load_spread",
        ),
        Key("number"),
    ),
}
PREVIOUS = {"path": Key("text", required=True), "tolerance_m": Key("number")}
SOURCE = {
    "layer": Key("text", required=True),
    "path": Key("text", required=True),
    "sublayer": Key("text"),
    "crs": Key("text"),
    "encoding": Key("text"),
    "columns": Key("names"),
    "constants": Key("values"),
    "values": Key("maps"),
    "where": Key("choices"),
    "x": Key("text"),
    "y": Key("text"),
    "wkt": Key("text"),
    "coordinates": Key("text", among=("GCJ02", "BD09")),
    "rebuild_shx": Key("flag"),
    "roster": Key("flag"),
    **_PEOPLE,
    "as_of": Key("date"),
    "update_cycle_days": Key("count"),
    "secrecy": Key("text", among=("public", "internal", "secret")),
}
_ROSTER_COLUMNS = ["street", "community", "grid_name", "period"]
_NEEDED = {
    "text": "text",
    "number": "a number of zero or more",
    "count": "a whole number of zero or more",
    "flag": "true or false",
    "date": "a date such as 2026-06-30",
    "names": 'a table of text, such as { name = "名称" }',
    "values": 'a table, such as { agency = "police" }',
    "maps": 'a table of tables of text, such as { state = { "未办" = "new" } }',
    "choices": 'a table of text or lists of text, such as { class = ["road", "rail"] }',
}


class ManifestError(SchemaError):
    """A manifest with problems; ``problems`` holds a template and its values for each."""

    def __init__(self, name: str, problems: list[tuple[str, dict[str, Any]]]) -> None:
        self.problems = problems
        super().__init__(
            "{name} has {count} problem:\n{listed}" if len(problems) == 1 else "{name} has {count} problems:\n{listed}",
            name=name,
            count=len(problems),
            listed=self._listed("en"),
        )

    def _listed(self, language: str) -> str:
        return "\n".join(
            f"  {say(template, language, **{name: _in_words(value, language) for name, value in values.items()})}"
            for template, values in self.problems
        )

    def text(self, language: str = "en") -> str:
        """Return the whole message in ``language``."""
        return say(self.template, language, **(self.values | {"listed": self._listed(language)}))


def _in_words(value: Any, language: str) -> Any:
    """Return a value of a problem in a language: an error below, or what is needed; names and other values stay."""
    if isinstance(value, OnemapError):
        return value.text(language)
    return say(value, language) if value in _NEEDED.values() else value


class _Level(Protocol):
    """What the rules need to know of a level."""

    @property
    def layer_id(self) -> str: ...
    @property
    def dissolve(self) -> str: ...


def is_there(path: Path) -> bool:
    """Tell whether a file or folder is there; a name that is too long for any is not."""
    try:
        return path.exists()
    except OSError:
        return False


class Problems:
    """Collects what is wrong with one manifest, and raises it at once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found: list[tuple[str, dict[str, Any]]] = []

    def add(self, template: str, /, **values: Any) -> None:
        """Note one problem."""
        self.found.append((template, values))

    def raise_if_any(self) -> None:
        """Raise all problems as one error, if there are any."""
        if self.found:
            raise ManifestError(self.name, self.found)

    def unknown(self, template: str, wrong: str, known: Iterable[str], **values: Any) -> None:
        """Note an unknown name, with the known one that it resembles most."""
        folded = {name.casefold(): name for name in sorted(known)}
        close = difflib.get_close_matches(wrong.casefold(), folded, n=1, cutoff=0.6)
        if close:
            self.add(template + "; did you mean {meant!r}?", wrong=wrong, meant=folded[close[0]], **values)
        else:
            self.add(template, wrong=wrong, **values)

    def check_keys(self, place: str, table: Mapping[str, Any], keys: Mapping[str, Key]) -> None:
        """Note keys that are not known here, and required ones that are missing."""
        for key in table:
            if key not in keys:
                self.unknown("{place}: unknown key {wrong!r}", key, keys, place=place or "top of the file")
        for key, rule in keys.items():
            if rule.required and key not in table:
                self.add("{place}: key {key!r} is missing", place=place, key=key)

    def check_values(self, place: str, table: Mapping[str, Any], keys: Mapping[str, Key]) -> dict[str, Any]:
        """Return the values that are right, the types made those of the dataclasses; note the others."""
        self.check_keys(place, table, keys)
        right = {}
        for key, rule in keys.items():
            if key not in table:
                continue
            value = _typed(table[key], rule.type)
            if value is None:
                self.add(
                    "{place}: must be {needed}, not {found!r}",
                    place=f"{place}.{key}",
                    needed=_NEEDED[rule.type],
                    found=table[key],
                )
            elif rule.among and value not in rule.among:
                self.add(
                    "{place}: is {found!r}; it must be one of {allowed}",
                    place=f"{place}.{key}",
                    found=value,
                    allowed=", ".join(rule.among),
                )
            else:
                right[key] = value
        return right

    def layer(self, place: str, layer_id: str) -> LayerSpec | None:
        """Return the layer's definition, or note that the catalogue has none."""
        catalogue = load_catalogue()
        if layer_id in catalogue:
            return catalogue[layer_id]
        self.unknown("{place}: layer {wrong!r} is not in the catalogue", layer_id, catalogue, place=place)
        return None

    def file(self, place: str, written: str, root: Path) -> Path | None:
        """Return the path of a file that exists, or note that it does not."""
        if "://" in written or written.startswith("/vsi"):
            self.add("{place}: {found!r} is not a file on this machine", place=place, found=written)
            return None
        path = root / written.replace("\\", "/")
        if is_there(path):
            return path
        if not is_there(root) and not Path(written).is_absolute():
            return None  # that the folder is missing is said already
        self.add("{place}: file {found!r} not found", place=place, found=written)
        return None

    def check_district(self, values: Mapping[str, Any]) -> None:
        """Check the working CRS and the code profile."""
        if "crs" in values:
            self._check_crs(values["crs"])
        if "code_profile" in values:
            try:
                profile(values["code_profile"])
            except SchemaError:
                self.unknown("district.code_profile: {wrong!r} is not known", values["code_profile"], profiles())
        if "timezone" in values:
            try:
                zoneinfo.ZoneInfo(values["timezone"])
            except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
                self.add(
                    "district.timezone: {found!r} is not a time zone, such as Asia/Shanghai", found=values["timezone"]
                )

    def _check_crs(self, written: str) -> None:
        from .geo.crs import resolve_crs

        try:
            crs = resolve_crs(written).crs
        except OnemapError as error:
            self.add("district.crs: {found}", found=error)
            return
        if "Pseudo-Mercator" in crs.name or "Pseudo Mercator" in (
            crs.coordinate_operation.method_name if crs.coordinate_operation else ""
        ):
            self.add(
                "district.crs: {found!r} is Web Mercator, whose areas and lengths are wrong; "
                "name the district's CGCS2000 zone, such as EPSG:4548",
                found=written,
            )
        elif not crs.is_projected:
            self.add(
                "district.crs: {found!r} is in degrees; a projected one in metres is needed, such as EPSG:4548",
                found=written,
            )
        elif any(not math.isclose(axis.unit_conversion_factor, 1.0) for axis in crs.axis_info[:2]):
            self.add("district.crs: {found!r} is not in metres", found=written)

    def check_levels(self, levels: Iterable[_Level], fed: set[str]) -> None:
        """Check that each level is a polygon layer that has a source or is dissolved from a finer level."""
        levels = list(levels)
        catalogue = load_catalogue()
        order = {level.layer_id: number for number, level in enumerate(levels)}
        for level in levels:
            place = f"levels.{level.layer_id}"
            if catalogue[level.layer_id].class_id != "grid":
                self.add("{place}: is not a layer of grids", place=place)
            if level.dissolve:
                if order.get(level.dissolve, -1) <= order[level.layer_id]:
                    self.add(
                        "{place}: dissolve names {found!r}, which is not a finer level",
                        place=place,
                        found=level.dissolve,
                    )
                elif level.layer_id in fed:
                    self.add("{place}: has a source and is dissolved; leave one out", place=place)
            elif level.layer_id not in fed:
                self.add("{place}: no source feeds this level, and it is not dissolved from a finer one", place=place)
        for layer_id in sorted(fed):
            if layer_id not in order and catalogue[layer_id].class_id == "grid":
                self.add("{place}: has a source but is not among the levels", place=f"levels.{layer_id}")

    def check_source(self, place: str, values: Mapping[str, Any]) -> None:
        """Check the column names of one source against its layer, and what its kind of layer allows."""
        spec = load_catalogue()[values["layer"]]
        known = [one.name for one in spec.fields]
        if values.get("roster"):
            known += _ROSTER_COLUMNS
            if spec.id != "holder":
                self.add("{place}: a roster feeds the layer holder, not {layer}", place=place, layer=spec.id)
        for key in ("columns", "constants", "values"):
            for name in values.get(key, {}):
                if name not in known:
                    self.unknown(
                        "{place}: layer {layer} has no column {wrong!r}",
                        name,
                        known,
                        place=f"{place}.{key}",
                        layer=spec.id,
                    )
        if spec.class_id in ("finding", "system"):
            self.add("{place}: layer {layer} is made by onemap and takes no source", place=place, layer=spec.id)
        if ("x" in values) != ("y" in values):
            self.add("{place}: x and y belong together", place=place)
        if "wkt" in values and "x" in values:
            self.add("{place}: give either x and y or wkt", place=place)
        if "crs" in values:
            self._check_source_crs(place, values)

    def _check_source_crs(self, place: str, values: Mapping[str, Any]) -> None:
        from .geo.crs import resolve_crs

        try:
            resolve_crs(values["crs"])
        except OnemapError as error:
            self.add("{place}: {found}", place=f"{place}.crs", found=error)


def _typed(value: Any, kind: str) -> Any:
    """Return ``value`` as the type asked for, or None where it is not of that type."""
    return _TYPES[kind](value)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _date(value: Any) -> dt.date | None:
    return value if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else None


def _number(value: Any) -> float | None:
    right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    return float(value) if right else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _table(value: Any) -> dict[str, Any] | None:
    return dict(value) if isinstance(value, dict) else None


def _names(value: Any) -> dict[str, str] | None:
    right = isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
    return dict(value) if right else None


def _maps(value: Any) -> dict[str, dict[str, str]] | None:
    right = isinstance(value, dict) and all(_names(one) is not None for one in value.values())
    return {name: dict(one) for name, one in value.items()} if right else None


def _choices(value: Any) -> dict[str, tuple[str, ...]] | None:
    """Return the values wanted of each column, or None where they are not text or lists of text."""
    if not isinstance(value, dict):
        return None
    lists = {name: [one] if isinstance(one, str) else one for name, one in value.items()}
    right = all(isinstance(one, list) and one and all(isinstance(v, str) for v in one) for one in lists.values())
    return {name: tuple(one) for name, one in lists.items()} if right else None


_TYPES: Mapping[str, Callable[[Any], Any]] = {
    "text": _text,
    "flag": _flag,
    "date": _date,
    "number": _number,
    "count": _count,
    "table": _table,
    "values": _table,
    "names": _names,
    "maps": _maps,
    "choices": _choices,
}
