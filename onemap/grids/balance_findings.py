"""What a balance cannot do, as rows: each says what is impossible and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from onemap.errors import some
from onemap.translation import say

COLUMNS = ("kind", "area", "group", "cells", "reason")


@dataclass(frozen=True)
class Finding:
    """One thing that is impossible.

    Attributes
    ----------
    kind
        ``no_geometry``, ``no_area``, ``building``, ``disconnected``, ``too_few_cells``, ``heavy_cell``,
        ``locked_apart``, ``locked_twice``, ``lock_broken``, ``no_count``, ``uneven``, ``minimum`` or
        ``maximum``.
    template, values
        The sentence that says why; ``{cells}`` is filled with their names.
    area, group
        Where it is; None where it concerns no single one.
    cells
        Names of the cells concerned.
    """

    kind: str
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    area: Any = None
    group: Any = None
    cells: tuple[Any, ...] = ()

    @property
    def reason(self) -> str:
        """The sentence, in English."""
        return say(self.template, "en", cells=some(self.cells), area=self.area, group=self.group, **self.values)


def finding_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a table, in an order that depends on what they say alone."""
    rows = [(f.kind, f.area, f.group, f.cells, f.reason) for f in findings]
    rows.sort(key=lambda row: (row[0], str(row[1]), str(row[2]), row[4]))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"kind": "str", "reason": "str", "area": "object", "group": "object", "cells": "object"})
