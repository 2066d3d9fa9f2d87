"""The photo of a case: which column names it, and where its file lies. Standard library only."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlparse

from ...onemap.domain.catalogue import fold_heading

PHOTO = "photo"  # the column of live cases
_WORDS = ("photo", "picture", "照片", "图片", "相片")
_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
_DRIVE = re.compile(r"/?[A-Za-z]:(?=/|$)")
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


def path_of_uri(text: str, *, windows: bool) -> str:
    """Return the path that a text of the form ``file:`` names; empty where it is none.

    Another computer stays in front, as in ``//server/share/a.jpg``; on Windows a drive has no slash before it.
    """
    try:
        parts = urlparse(text)
    except ValueError:  # a bracket where a computer should be
        return ""
    path, host = unquote(parts.path), unquote(parts.netloc)
    if host.lower() == "localhost":
        host = ""
    if windows and _DRIVE.match(host or path):  # two slashes instead of three make a host of the drive
        return (host + path).removeprefix("/")
    return f"//{host}{path}" if host else path


def _file(text: str, folder: Path) -> Path | None:
    if text.startswith("file:"):
        text = path_of_uri(text, windows=sys.platform == "win32")
    if not text or "://" in text or "\n" in text:
        return None
    path = folder / text.replace("\\", "/")
    try:
        return path if path.suffix.lower() in _PICTURES and path.is_file() else None
    except (OSError, ValueError):  # too long for a name, or no name at all
        return None
