"""Hues of neighbours: not only different, but unlike each other."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from onemap.report.palette import rgb

_UNLIKE = 125.0  # distance of two colours (red, green, blue, 0 to 255) that are told apart as faint tints


def unlike_colours(shapes: Any, hues: Sequence[str], *, apart_m: float = 0.0) -> list[str]:
    """Return a hue for each area so that neighbours are not only different but unlike, in the given order.

    Neighbours are areas no more than ``apart_m`` apart: across a narrow gap two alike would look like one.

    Examples
    --------
    >>> unlike_colours(np.array([shapely.box(x, 0, x + 1, 1) for x in range(3)]), ("#0072B2", "#56B4E9", "#E69F00"))
    ['#0072B2', '#E69F00', '#56B4E9']
    """
    near: list[set[int]] = [set() for _ in shapes]
    for one, other in zip(*shapely.STRtree(shapes).query(shapes, "dwithin", distance=apart_m), strict=True):
        if one != other:
            near[int(one)].add(int(other))
    chosen: list[int] = []
    for number in range(len(shapes)):
        beside = {chosen[other] for other in near[number] if other < number}
        free = [hue for hue in range(len(hues)) if hue not in beside] or list(range(len(hues)))
        chosen.append(
            max(free, key=lambda hue: (_unlike(hues[hue], [hues[b] for b in beside]), -chosen.count(hue), -hue))
        )
    return [hues[hue] for hue in chosen]


def _unlike(hue: str, others: Sequence[str]) -> float:
    """Return how far a colour is from the nearest of others; beyond what any eye tells apart it counts the same."""
    return min([_UNLIKE, *(float(np.linalg.norm(np.subtract(rgb(hue), rgb(other)))) for other in others)])
