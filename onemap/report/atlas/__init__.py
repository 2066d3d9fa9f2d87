"""The atlas: maps of the district, of each street and each enforcement unit, and a poster for each grid, on paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from onemap.errors import SchemaError
from onemap.progress import Progress, silent

from .options import FORMATS, SHEETS, AtlasOptions, listed

if TYPE_CHECKING:
    from onemap.store.one_map import OneMap

__all__ = ["AtlasResult", "make_atlas"]


@dataclass(frozen=True)
class AtlasResult:
    """What was printed."""

    files: pd.DataFrame
    """One row a sheet and format: sheet (its family), code, title, format, page (in its file), path."""

    @property
    def counts(self) -> dict[str, int]:
        """How many sheets of each family there are, those of several sizes counted for each."""
        sheets = self.files[self.files["format"] == self.files["format"].iloc[0]]  # each sheet once in each format
        return {str(family): int(count) for family, count in sheets["sheet"].value_counts(sort=False).items()}


def make_atlas(
    one_map: "OneMap",
    folder: str | Path,
    *,
    sheets: Sequence[str] = SHEETS,
    size: str | Sequence[str] = "A3",
    formats: Sequence[str] = FORMATS,
    language: str = "zh",
    only: Sequence[str] | None = None,
    dpi: float = 150.0,
    watermark: str = "",
    classification: str = "",
    approval_number: str = "",
    maker: str = "",
    duties: Sequence[str] = (),
    photos: str | Path | None = None,
    qr: str = "geo",
    now: Any = None,
    as_of: Any = None,
    progress: Progress = silent,
) -> AtlasResult:
    """Print the published map: one map of the district, one of each street and agency, one poster of each grid.

    Parameters
    ----------
    one_map
        A published map, of `onemap.open_map`.
    folder
        Where to write: ``<family>.pdf`` with all sheets of a family, and ``<family>/<code>.png``, one a sheet.
    sheets
        Families to print, of ``"district"``, ``"streets"``, ``"agencies"``, ``"posters"``.
    size
        ``"A3"``, 420 x 297 mm, or ``"A4"``, 210 x 297 mm, or both: ``("A3", "A4")``. Of several sizes each file tells
        its own: ``<family>-A4.pdf``, ``<family>/<code>-A4.png``.
    formats
        ``"pdf"`` and ``"png"``, or one of them.
    language
        Language of titles and legends; names are printed as the map holds them.
    only
        Codes or names of sheets; for posters the beginning of a code is enough (all grids of a community).
    dpi
        Dots in an inch of the pictures; PDFs are drawn with lines and letters.
    watermark
        The user's name, written faintly across every map.
    classification, approval_number
        Marks such as 内部资料, and the 审图号, where the sheet bears one.
    maker
        Who made the maps (else the owner of the cells).
    duties
        Lines that every poster bears before those of its own grid.
    photos
        Folder with ``<holder_code>.jpg`` or ``.png``; without a photo there is none on the poster.
    qr
        ``"geo"`` a geo URI of the grid's middle (RFC 5870), ``"text"`` grid, holder and telephone, or any text with the
        fields ``{code} {name} {holder} {phone} {lat} {lon}``.
    now
        Time of print, a datetime or a text such as ``2026-06-30T09:00`` on the district's clocks (else the clock's).
        Same map, same options and same ``now`` give the same bytes.
    as_of
        Day of the grids and holders (else grids as they are, and holders in force on the map's data date).
    progress
        Told before each sheet; nothing stands in ``folder`` before all is drawn.

    Returns
    -------
    AtlasResult
        The files.

    Raises
    ------
    SchemaError
        An option is unknown, the map has no such sheet, matplotlib is not installed, or a letter is in no font.
    StoreError
        The folder cannot be written.

    Examples
    --------
    >>> make_atlas(None, "atlas", size="A5")
    Traceback (most recent call last):
    onemap.errors.SchemaError: atlas: size is A5; it must be of A3, A4
    """
    options = AtlasOptions(
        sheets=listed(sheets),
        size=listed(size),
        formats=listed(formats),
        language=language,
        only=None if only is None else listed(only),
        dpi=dpi,
        watermark=watermark,
        classification=classification,
        approval_number=approval_number,
        maker=maker,
        duties=listed(duties),
        photos=None if photos is None else Path(photos),
        qr=qr,
        now=now,
        as_of=as_of,
    )
    try:
        from .book import bind
    except ModuleNotFoundError as error:
        raise SchemaError.missing(error.name or "matplotlib", "atlas") from error
    return AtlasResult(bind(one_map, Path(folder), options, progress))
