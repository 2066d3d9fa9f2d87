"""The one palette (`styles/palette.toml`) for what the plugin paints itself. Standard library only."""

import tomllib
from functools import lru_cache

from ..onemap.domain.catalogue import styles_folder


@lru_cache(maxsize=1)
def palette() -> dict:
    """Return the palette as data."""
    return tomllib.loads((styles_folder() / "palette.toml").read_text(encoding="utf-8"))


def light(name: str) -> str:
    """Return a colour of the light theme as ``#RRGGBB``."""
    return palette()["light"][name]
