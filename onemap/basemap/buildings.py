"""Heights of buildings, for the city in three dimensions."""

import pandas as pd

from onemap.translation import say

FLOOR_HEIGHT_M = 3.0
"""Height of a floor where only floors are known: what housing surveys count with."""


def fill_heights(buildings: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Fill missing heights from the number of floors, and say for how many buildings.

    Examples
    --------
    >>> fill_heights(pd.DataFrame({"floors": [6, 2], "height_m": [None, 7.5]}))[0]["height_m"].tolist()
    [18.0, 7.5]
    """
    floors = pd.to_numeric(buildings["floors"], errors="coerce").astype("float64")
    height = pd.to_numeric(buildings["height_m"], errors="coerce").astype("float64")
    unknown = height.isna() | (height <= 0)
    known_floors = unknown & (floors > 0)
    height = height.mask(unknown).mask(known_floors, floors * FLOOR_HEIGHT_M)
    notes = []
    if known_floors.any():
        notes.append(
            say(
                "{count} buildings have no height, so {metres} m a floor were taken",
                "en",
                count=int(known_floors.sum()),
                metres=FLOOR_HEIGHT_M,
            )
        )
    if height.isna().any():
        notes.append(say("{count} buildings have neither height nor floors", "en", count=int(height.isna().sum())))
    return buildings.assign(height_m=height), tuple(notes)
