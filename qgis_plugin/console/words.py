"""Words for values: titles of layers, labels of coded values, sizes and moments, in QGIS's language."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Any

from ..onemap.domain.catalogue import FieldSpec, load_catalogue
from ..project.moments import zone_of
from ..translation import language, speaker, title_of, tr

_UNITS = {"m2": "m²", "m": "m"}
_HOURS = ("from", "to", "intervals")  # moments of local time, as texts
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d)?")
_LONG_NUMBER = re.compile(r"[-+]?(\d+)\.\d{7,}")  # as a table writes a coordinate
_DEGREES = 3  # digits before the point; metres have more
FINDING = "finding"  # the class of layers whose kinds the lists count
CASE_STATES, UNKNOWN = ("new", "in_hand", "overdue", "settled"), "unknown"
WHOLE = 100  # from here on the part behind the point says nothing


class Words:
    """How the values of one map are said."""

    def __init__(self, facts: Mapping[str, str] | None = None) -> None:
        self._catalogue = load_catalogue()
        self._chinese = language() == "zh"
        self.zone: tzinfo | None = zone_of(facts or {})  # the district's; None: this computer's
        self._levels = json.loads((facts or {}).get("level_titles") or "{}")

    def today(self, now: datetime | None = None) -> date:
        """Return the day that it is on the district's clocks, whatever those of this computer say."""
        return (now or datetime.now(UTC)).astimezone(self.zone).date()

    def field(self, table: str, name: str) -> FieldSpec | None:
        """Return the definition of a column, or None where there is none."""
        spec = self._catalogue.get(table)
        return next((item for item in spec.fields if item.name == name), None) if spec else None

    def layer(self, layer_id: str) -> str:
        """Return the title of a layer; of a grid level, the one that the district gives it."""
        spec = self._catalogue.get(layer_id)
        own = self._levels.get(layer_id, {}).get("zh" if self._chinese else "en")
        return own or (title_of(spec) if spec else layer_id)

    def one_of(self, level: str) -> str:
        """Return what the district calls a single grid of a level, as within a sentence: ward, street ..."""
        title = one_named(self.layer(level))
        return title if title[1:2].isupper() else title[:1].lower() + title[1:]

    def heading(self, table: str, name: str) -> str:
        """Return the title of a column; its unit stands behind the values."""
        field = self.field(table, name)
        return title_of(field).removesuffix(f" ({field.unit})") if field else name

    def value(self, table: str, name: str, value: Any) -> str:
        """Return a value as it is said: labels for codes, local time for moments, digits as they matter."""
        field = self.field(table, name)
        if value is None or value == "":
            return ""
        if name == "layer_id":
            return self.layer(str(value))
        if name in ("cells", "candidates"):
            return listed(str(value))
        if name in _HOURS and (field is None or field.type == "string"):
            return hours(str(value))
        if name == "kind" and not self._chinese and (spec := self._catalogue.get(table)) and spec.class_id == FINDING:
            return kind_title(str(value)).replace("_", " ")  # as the list that the finding stands in calls it
        return self._typed(field, value) if field else _shortened(str(value))

    def _typed(self, field: FieldSpec, value: Any) -> str:
        if field.values:
            return field.values.get(value, value) if self._chinese else str(value).replace("_", " ")
        said = {
            "boolean": lambda: tr("yes") if value else tr("no"),
            "datetime": lambda: self.moment(str(value)),
            "real": lambda: " ".join(filter(None, (number(float(value)), _UNITS.get(field.unit)))),
        }
        return said.get(field.type, lambda: str(value))()

    def moment(self, text: str) -> str:
        """Return a moment stored in UTC as the district's clocks showed it."""
        if not text:
            return ""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        # not strftime: it imports a module each time, and inside QGIS an import is long
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(self.zone).isoformat(" ", "minutes")[:16]


def hours(text: str) -> str:
    """Return moments of local time, or stretches of them, without the marks between that programs need.

    Examples
    --------
    >>> hours("2016-08-16T00:00:00/2016-08-16T08:00:00 2016-08-17T00:00:00/2016-08-17T08:00:00")
    '2016-08-16 00:00 – 2016-08-16 08:00, 2016-08-17 00:00 – 2016-08-17 08:00'
    """
    return _MOMENT.sub(r"\1 \2", ", ".join(text.split()).replace("/", " – ")) if _MOMENT.match(text) else text


def _shortened(text: str) -> str:
    """Return what a source wrote; of a coordinate no more digits than anybody can measure."""
    found = _LONG_NUMBER.fullmatch(text)
    return f"{float(text):.{6 if len(found[1]) <= _DEGREES else 2}f}" if found else text


def one_named(title: str) -> str:
    """Return the English title of many as that of one: of the wards a ward; what ends otherwise stays."""
    stem, ending = title[:-3], title[-3:]
    if title.isascii() and ending == "ies":
        return f"{stem}y"
    is_many = title.isascii() and ending.endswith("s") and not ending.endswith(("ss", "us", "is"))
    return title[:-1] if is_many else title


def begun(sentence: str) -> str:
    """Return a sentence with a capital in front; a code or a name of its own writing stays as it is."""
    first = sentence.partition(" ")[0].rstrip(",:;.")
    return sentence[:1].upper() + sentence[1:] if first.isalpha() and first.islower() else sentence


def together(parts: Iterable[str]) -> str:
    """Return several names as one text, with the comma of the language."""
    return ("，" if language() == "zh" else ", ").join(parts)


def listed(codes: str) -> str:
    """Return codes that are stored as one text, readable."""
    return ", ".join(part.strip() for part in codes.replace(";", ",").split(",") if part.strip())


def number(value: float) -> str:
    """Return a size exactly enough to tell a small one from nothing."""
    digits = 0 if abs(value) >= WHOLE or value == int(value) else 2
    return f"{value:,.{digits}f}"


def kind_title(kind: str, spoken: str = "") -> str:
    """Return the title of a kind of finding, or of how a case got its cell; in QGIS's language if none is told."""
    return _kind_titles(spoken or language()).get(kind, kind)


@lru_cache
def _kind_titles(spoken: str) -> dict[str, str]:
    """Return the titles of kinds in one language; lists ask for one in each of their rows."""
    tr = speaker(spoken)
    return {
        "gap": tr("gap"),
        "overlap": tr("overlap"),
        "outside": tr("outside"),
        "mismatch": tr("mismatched edge"),
        "invalid": tr("invalid"),
        "duplicate": tr("duplicate"),
        "nesting": tr("wrong level"),
        "orphan": tr("orphan"),
        "land": tr("land nobody covers"),
        "duty": tr("no duty"),
        "time": tr("nobody on duty"),
        "conflict": tr("conflict"),
        "claimed_twice": tr("claimed twice"),
        "tie": tr("several posts"),
        "two_holders": tr("two holders"),
        "cut": tr("cell is cut"),
        "unlike": tr("unlike its peers"),
        "object": tr("object without cell"),
        "near_border": tr("near border"),
        "decided": tr("decided"),
        "accepted": tr("accepted"),
        "allowed": tr("allowed"),
        "inside": tr("inside one cell"),
        "border": tr("on a border"),
        "near": tr("nearest cell"),
        "no_position": tr("no position"),
    }


def state_of(value: str) -> str:
    """Return the state of a case as lists know it: what a source left empty, or calls otherwise, is unknown."""
    return value if value in CASE_STATES else UNKNOWN


def state_title(state: str) -> str:
    """Return the title of a state of a case or of a finding."""
    titles = {
        "new": tr("new"),
        "in_hand": tr("in hand"),
        "overdue": tr("overdue"),
        "settled": tr("settled"),
        UNKNOWN: tr("state unknown"),
        "open": tr("open"),
        "allowed": tr("allowed"),
        "accepted": tr("repair accepted"),
        "refused": tr("repair refused"),
        "decided": tr("decided"),
    }
    return titles.get(state, state)
