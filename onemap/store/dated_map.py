"""A one map as it holds on one day."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pandas as pd

from onemap.geo.dated import in_force

_FINDINGS = frozenset(("defect", "defect_line", "coverage_gap", "object_gap"))


class Readable(Protocol):
    """What is needed of a map: it may be open on disk or not yet written."""

    @property
    def levels(self) -> Sequence[str]:
        """Ids of the grid layers, from coarse to fine."""

    def has(self, layer_id: str) -> bool:
        """Tell whether there is such a layer."""

    def read(self, layer_id: str) -> Any:
        """Return the layer."""


class DatedMap:
    """A one map of which every layer is read as it holds on a day.

    What was found when the map was built (its coverage defects) was found of all rows, and is not there.

    Parameters
    ----------
    one_map
        An open one map, or anything with its ``levels``, ``has`` and ``read``.
    as_of
        The day, see `in_force`.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> layers = {"holder": pd.DataFrame({"name": ["Li", "Wang"], "valid_to": ["2026-06-30", None]})}
    >>> city = SimpleNamespace(levels=[], has=layers.__contains__, read=layers.get)
    >>> DatedMap(city, "2026-07-01").read("holder")["name"].tolist()
    ['Wang']
    """

    def __init__(self, one_map: Readable, as_of: Any) -> None:
        self._map, self._day = one_map, as_of

    @property
    def levels(self) -> Sequence[str]:
        """Ids of the grid layers, from coarse to fine."""
        return self._map.levels

    @property
    def district(self) -> Mapping[str, str]:
        """Facts of the whole map."""
        facts: Mapping[str, str] = getattr(self._map, "district", {})
        return facts

    @property
    def layers(self) -> pd.DataFrame | None:
        """Where each layer comes from; None of a map that does not tell."""
        return getattr(self._map, "layers", None)

    def has(self, layer_id: str) -> bool:
        """Tell whether there is such a layer."""
        return layer_id not in _FINDINGS and self._map.has(layer_id)

    def read(self, layer_id: str) -> Any:
        """Return the rows of a layer that are in force."""
        layer = self._map.read(layer_id)
        return in_force(layer, self._day) if isinstance(layer, pd.DataFrame) else layer
