"""A row of a source becomes a case, or a sentence that says why it cannot. Headings are those of the catalogue."""

import math
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from .. import log
from ..console.card.photo import PHOTO, names_photos
from ..onemap.domain.catalogue import fold_heading, load_catalogue
from ..onemap.domain.moments import moment
from ..translation import speaker

_PAIRS = (
    ("经度", "纬度"),
    ("longitude", "latitude"),
    ("lon", "lat"),
    ("lng", "lat"),
    ("long", "lat"),
    ("东经", "北纬"),
    ("案件经度", "案件纬度"),
    ("上报经度", "上报纬度"),
    ("东坐标", "北坐标"),
    ("横坐标", "纵坐标"),
    ("x坐标", "y坐标"),
    ("坐标x", "坐标y"),
    ("easting", "northing"),
    ("x_coord", "y_coord"),
    ("coordx", "coordy"),
    ("coordinatex", "coordinatey"),
    ("point_x", "point_y"),
    ("x", "y"),
)
_FOUND_BY_US = frozenset({"cell_code", "street_code", "community_code", "how", "distance_m", "candidates"})
_FOUND_BY_US |= {"near_border", "reason", "reason_zh"}


@dataclass(frozen=True, slots=True)
class Raw:
    """A row as its source has it: where it stands, its texts by heading, and the position of its geometry."""

    row: str
    values: Mapping[str, object]
    spot: tuple[float, float] | None = None
    crs: str = ""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that could not be read: the sentence in both languages, and whether the row was left out for it.

    Where it was not, the case was taken without that value: a remark, no row that is lost.
    """

    row: str
    kind: str
    found: str
    reason: str
    reason_zh: str
    removed: bool = True


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case that has come: its columns as the catalogue names them, and its position as it was given."""

    row: str
    values: dict[str, str]
    spot: tuple[float, float] | None
    crs: str


@dataclass
class Batch:
    """What one look brought of one file or table, and the mark up to which it has been read then."""

    place: str
    mark: str
    cases: list[NewCase] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)


class UnreachableError(Exception):
    """A source cannot be looked at now; it is tried again. The sentence is in QGIS's language."""


def flaw(row: str, kind: str, found: object, say: Callable[[Callable[..., str]], str], *, removed: bool = True) -> Flaw:
    """Return a flaw whose sentence is said in both languages."""
    return Flaw(row, kind, str(found)[:200], say(speaker("en")), say(speaker("zh")), removed)


@lru_cache(maxsize=256)
def columns_of(headings: tuple[str, ...]) -> tuple[dict[str, str], tuple[str, str] | None]:
    """Return the heading of each column of a case, and the headings of the position."""
    folded = {fold_heading(heading): heading for heading in reversed(headings)}
    found: dict[str, str] = {}
    for spec in load_catalogue()["case"].fields:
        if spec.name in _FOUND_BY_US:
            continue
        for name in (spec.name, spec.title_zh, spec.title_en, *spec.aliases):
            heading = folded.get(fold_heading(name))
            if heading is not None and heading not in found.values():
                found[spec.name] = heading
                break
    photo = next((heading for heading in headings if heading not in found.values() and names_photos(heading)), None)
    if photo is not None:
        found[PHOTO] = photo
    pair = next(((folded[x], folded[y]) for x, y in _PAIRS if x in folded and y in folded), None)
    return found, pair


class Reader:
    """Makes cases of rows.

    Parameters
    ----------
    crs
        Of coordinates that stand in columns.
    zone
        Of times that name none: the district's. None: this computer's.
    """

    def __init__(self, crs: str, zone: tzinfo | None) -> None:
        self._crs, self._zone = crs, zone

    def read(self, batch: Batch, rows: Iterable[Raw]) -> Batch:
        """Add rows to a batch, each as a case or as a flaw."""
        is_logged = False  # once a batch: rows that are odd are so in thousands
        for raw in rows:
            flaws: list[Flaw] = []
            try:
                case = self._case(raw, flaws)
            except Exception as error:  # noqa: BLE001 - the edge of a row: an odd one must not keep the others out
                if not is_logged:
                    log.warn(f"{batch.place}, {raw.row}: {traceback.format_exc()}")
                case, flaws, is_logged = None, [unforeseen(raw.row, "row", error)], True
            batch.flaws += flaws
            if case is not None:
                batch.cases.append(case)
        return batch

    def _case(self, raw: Raw, flaws: list[Flaw]) -> NewCase | None:
        columns, pair = columns_of(tuple(raw.values))
        texts = {name: _text(raw.values[heading]) for name, heading in columns.items()}
        if not texts.get("case_code"):
            flaws.append(flaw(raw.row, "no_code", "", lambda tr: tr("the row has no case number")))
            return None
        code = texts["case_code"]
        given, crs = [str(part) for part in raw.spot or ()], raw.crs
        if raw.spot is None and pair is not None:
            given, crs = [_text(raw.values[heading]) for heading in pair], self._crs
        spot = _spot(given) if any(given) else None
        if spot is None and any(given):
            said = lambda tr: tr("case {code}: taken without a place; its position cannot be read", code=code)  # noqa: E731
            flaws.append(flaw(raw.row, "position", ", ".join(given), said, removed=False))
        self._settle_values(raw.row, texts, flaws)
        return NewCase(raw.row, texts, spot, crs if spot else "")

    def _settle_values(self, row: str, texts: dict[str, str], flaws: list[Flaw]) -> None:
        """Put times into UTC and states into the words of the catalogue."""
        code = texts["case_code"]
        for name in ("reported_at", "settled_at", "due_at"):
            text = texts.get(name, "")
            if not text:
                continue
            told = self._in_utc(text)
            if told is None:
                said = lambda tr, text=text: tr("case {code}: taken; {text} is no time", code=code, text=text)  # noqa: E731
                flaws.append(flaw(row, "time", text, said, removed=False))
            texts[name] = told or ""
        state = texts.get("state", "")
        spec = load_catalogue()["case"].field("state")
        known = spec.value_of(state) if state else "new"
        if known is None:
            said = lambda tr: tr("case {code}: taken as new; state not known: {text}", code=code, text=state)  # noqa: E731
            flaws.append(flaw(row, "state", state, said, removed=False))
        texts["state"] = known or "new"

    def _in_utc(self, text: str) -> str | None:
        """Return the moment that a text names; None where it names none, or one outside the calendar of a zone."""
        when = moment(text)
        if when is None:
            return None
        try:
            aware = when if when.tzinfo else when.replace(tzinfo=self._zone) if self._zone else when.astimezone()
            aware.astimezone(self._zone)  # as the list of cases shows it
            return stamp(aware)
        except (OverflowError, ValueError, OSError):  # the first and the last day; Windows knows no zones before 1970
            return None


def stamp(when: datetime) -> str:
    """Return a moment as the map stores it."""
    return when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def unforeseen(row: str, kind: str, error: Exception) -> Flaw:
    """Return the flaw of a row or a file on which reading itself broke."""
    why = _text(f"{type(error).__name__}: {error}")
    return flaw(row, kind, "", lambda tr: tr("it cannot be read: {why}", why=why))


def _text(value: object) -> str:
    """Return a value as text; half a character, as JSON may hold it, is none that could be kept."""
    return "" if value is None else str(value).strip().encode("utf-8", "replace").decode("utf-8")


def _spot(given: list[str]) -> tuple[float, float] | None:
    try:
        x, y = (float(text) for text in given)
    except ValueError:
        return None
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None
