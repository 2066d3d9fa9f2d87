"""The version of a one map: a short hash over the content of its layers, the same on every sheet and report."""

import hashlib
from collections.abc import Mapping
from typing import Final

_DIGITS: Final = 12


def map_version(contents: Mapping[str, str]) -> str:
    """Return the version of a map; two sheets with the same one show the same data, whenever the map was built.

    Parameters
    ----------
    contents
        SHA-256 of the content of each layer (``content_sha256`` of the map's catalogue) by the layer's id.

    Returns
    -------
    str
        Twelve hexadecimal digits; empty for a map without layers.

    Examples
    --------
    >>> map_version({"grid_cell": "ab", "case": "cd"}) == map_version({"case": "cd", "grid_cell": "ab"})
    True
    >>> map_version({"grid_cell": "ab"}), map_version({})
    ('fb8e20fc2e4c', '')
    """
    hashes = "".join(contents[layer_id] for layer_id in sorted(contents))
    return hashlib.sha256(hashes.encode()).hexdigest()[:_DIGITS] if hashes else ""
