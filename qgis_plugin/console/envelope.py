"""The bounds of a geometry, read from the head of its GeoPackage blob. Standard library only.

The list needs no geometries, only where to look; so rows are read without making any object of QGIS.
"""

import struct

Box = tuple[float, float, float, float]  # west, south, east, north

_HEAD = 8
_ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
_EMPTY = 0b0001_0000


def box_of(blob: bytes | None) -> Box | None:
    """Return the bounds of a GeoPackage geometry; None where it is missing, empty, or neither a point nor bounded.

    Source: OGC GeoPackage 1.3, 2.1.3 (header: magic "GP", version, flags, srs_id, envelope min x, max x, min y, max y).
    """
    if not blob or blob[:2] != b"GP" or blob[3] & _EMPTY:
        return None
    order = "<" if blob[3] & 1 else ">"
    size = _ENVELOPE_BYTES.get((blob[3] >> 1) & 0b111, 0)
    if size:
        west, east, south, north = struct.unpack_from(f"{order}4d", blob, _HEAD)
        return west, south, east, north
    return _point(blob, _HEAD)


def _point(blob: bytes, start: int) -> Box | None:
    """Return the bounds of a WKB point: byte order, type, x, y."""
    order = "<" if blob[start] else ">"
    (kind,) = struct.unpack_from(f"{order}I", blob, start + 1)
    if kind % 1000 != 1:
        return None
    x, y = struct.unpack_from(f"{order}2d", blob, start + 5)
    return (x, y, x, y) if x == x else None  # noqa: PLR0124 - not-a-number marks an empty point


def shape_of(blob: bytes | None) -> bytes:
    """Return the WKB behind the head of a GeoPackage geometry; empty where there is none."""
    if not blob or blob[:2] != b"GP":
        return b""
    return blob[_HEAD + _ENVELOPE_BYTES.get((blob[3] >> 1) & 0b111, 0) :]


def meets(box: Box | None, view: Box) -> bool:
    """Return whether bounds have a place in common with others."""
    return box is not None and box[0] <= view[2] and box[2] >= view[0] and box[1] <= view[3] and box[3] >= view[1]
