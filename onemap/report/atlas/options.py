"""What an atlas is asked for, checked before anything is drawn."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from onemap.errors import SchemaError
from onemap.translation import LANGUAGES

SHEETS = ("district", "streets", "agencies", "posters")
FORMATS = ("pdf", "png")
SIZES = ("A3", "A4")
_DPI = (36.0, 600.0)


@dataclass(frozen=True)
class AtlasOptions:
    """Options of `onemap.make_atlas`; see there."""

    sheets: tuple[str, ...] = SHEETS
    size: tuple[str, ...] = ("A3",)
    formats: tuple[str, ...] = FORMATS
    language: str = "zh"
    only: tuple[str, ...] | None = None
    dpi: float = 150.0
    watermark: str = ""
    classification: str = ""
    approval_number: str = ""
    maker: str = ""
    duties: tuple[str, ...] = ()
    photos: Path | None = None
    qr: str = "geo"
    now: Any = None
    as_of: Any = None

    def __post_init__(self) -> None:
        """Raise `SchemaError` for an option that is not one of those there are."""
        for name, found, allowed in (
            ("sheets", self.sheets, SHEETS),
            ("formats", self.formats, FORMATS),
            ("size", self.size, SIZES),
            ("language", (self.language,), LANGUAGES),
        ):
            if not found or set(found) - set(allowed):
                raise SchemaError(
                    "atlas: {option} is {found}; it must be of {allowed}",
                    option=name,
                    found=", ".join(map(str, found)) or "empty",
                    allowed=", ".join(allowed),
                )
        if not _DPI[0] <= self.dpi <= _DPI[1]:
            raise SchemaError(
                "atlas: {option} is {found}; it must be of {allowed}", option="dpi", found=self.dpi, allowed="36-600"
            )

    def moment(self, timezone: str) -> dt.datetime:
        """Return the time of print on the district's clocks.

        Raises
        ------
        SchemaError
            ``now`` is no moment.
        """
        given = self.now if self.now is not None else dt.datetime.now(dt.UTC)
        try:
            moment = dt.datetime.fromisoformat(given) if isinstance(given, str) else given
        except ValueError as error:
            raise SchemaError("atlas: now is {found}; write it as 2026-06-30T09:00", found=given) from error
        if not isinstance(moment, dt.datetime):
            raise SchemaError("atlas: now is {found}; write it as 2026-06-30T09:00", found=given)
        zone = ZoneInfo(timezone)
        moment = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
        return moment.replace(microsecond=0)


def listed(given: Sequence[str] | str) -> tuple[str, ...]:
    """Return names in their order, each once; a single text is one name.

    Examples
    --------
    >>> listed("A4"), listed(["a", "b", "a"])
    (('A4',), ('a', 'b'))
    """
    return (given,) if isinstance(given, str) else tuple(dict.fromkeys(given))
