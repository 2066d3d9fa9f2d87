"""All that an index of cells depends on, as bytes, and the hash by which it is known whose index it is."""

import hashlib
import json
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray


def plain_codes(codes: NDArray[np.object_]) -> list[str | int]:
    """Return codes as JSON can hold them."""
    return [code if isinstance(code, str) else int(code) for code in codes.tolist()]


def cell_content(
    geometry: NDArray[Any], codes: NDArray[np.object_], crs: pyproj.CRS | None
) -> tuple[list[bytes | None], bytes, str]:
    """Return the shapes and the codes as bytes, and a hash of all that an index depends on."""
    wkb: list[bytes | None] = shapely.to_wkb(geometry, byte_order=1).tolist()
    text = json.dumps(plain_codes(codes), ensure_ascii=False).encode()
    digest = hashlib.sha256(crs.to_wkt().encode() if crs else b"")
    digest.update(b"\n" + text + b"\n")
    for part in wkb:
        digest.update(b"%d " % len(part) + part if part else b"- ")
    return wkb, text, digest.hexdigest()
