"""The photo of a case: which column names it, and where its file lies. Standard library only."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlparse

from ...onemap.domain.catalogue import fold_heading

PHOTO = "photo"  # the column of live cases
_WORDS = ("photo", "picture", "照片", "图片", "相片")
_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
_BETWEEN = re.compile(r"[;；,，|\n]")  # several photos in one column: the first one is shown


def names_photos(heading: str) -> bool:
    """Tell whether a column of this heading names photos: ``照片``, ``现场照片``, ``PHOTO_1``."""
    folded = fold_heading(heading)
    return any(word in folded for word in _WORDS)


def photo_of(values: Mapping[str, object], folder: Path) -> Path | None:
    """Return the photo that the attributes of a case name: a file below a folder or with its whole path."""
    for name, value in values.items():
        if value and isinstance(value, str) and names_photos(name):
            for part in (value, *_BETWEEN.split(value)):
                found = _file(part.strip(), folder)
                if found is not None:
                    return found
    return None


def _file(text: str, folder: Path) -> Path | None:
    if text.startswith("file:"):
        text = unquote(urlparse(text).path)
    if not text or "://" in text or "\n" in text:
        return None
    path = folder / text.replace("\\", "/")
    try:
        return path if path.suffix.lower() in _PICTURES and path.is_file() else None
    except OSError:  # too long for a name
        return None
