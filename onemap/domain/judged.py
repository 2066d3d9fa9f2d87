"""How a decision about a finding is found again: by kind, matter and place, for ids change with every build.

It holds for each finding that is about the same (`about_of`, `as_one`) and whose geometry is within `NEAR_M` of its
spot; of several the latest.
"""

from collections.abc import Mapping
from typing import Any, Final

from .journal import Entry

NEAR_M: Final = 0.011
"""A spot is written to the centimetre."""
_KINDS: Final = {"object_gap": "object", "near_border": "near_border"}
_LAYERS: Final = {"near_border": "case"}
_OF_DUTY: Final = ("duty_gap", "duty_conflict")
_ABOUT_DUTY: Final = ("agency", "part", "matters", "cells")


def about_of(table: str, row: Mapping[str, Any]) -> str:
    """Return kind and matter of a finding as `FindingSpot` names them: the beginning of the subject of a decision.

    Parameters
    ----------
    table
        The layer in which the finding stands.
    row
        Its columns as they are published; a missing value is None.

    Examples
    --------
    >>> about_of("defect", {"kind": "gap", "layer_id": "duty_grid", "agency": "market"})
    'gap|duty_grid/market'
    >>> about_of("duty_gap", {"kind": "time", "agency": "market", "part": "in_charge", "matters": "*", "cells": "m01"})
    'time|market/in_charge/*/m01'
    """
    kind = _text(row, "kind") or _KINDS.get(table, table)
    if table in _OF_DUTY:
        about = "/".join(_text(row, name) for name in _ABOUT_DUTY).replace("|", "/")
    else:
        about = coverage_of(_text(row, "layer_id") or _LAYERS.get(table, table), _text(row, "agency"))
    return f"{kind}|{about}"


def coverage_of(layer_id: str, agency: str = "") -> str:
    """Return a layer, or one agency's part of it, as spots name it.

    Examples
    --------
    >>> coverage_of("grid_cell"), coverage_of("duty_grid", "market")
    ('grid_cell', 'duty_grid/market')
    """
    return "/".join(part for part in (layer_id, agency) if part).replace("|", "/")


def as_one(about: str) -> str:
    """Return what a decision is about; a gap and the land that nobody covers there are one, though in two tables.

    Examples
    --------
    >>> as_one("land|grid_cell"), as_one("overlap|grid_cell")
    ('gap|grid_cell', 'overlap|grid_cell')
    """
    kind, _, rest = about.partition("|")
    return f"gap|{rest}" if kind == "land" else about


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def expired(entry: Entry, today: str) -> bool:
    """Return whether the last day of what was allowed is past; days are written as 2026-06-30."""
    return bool(entry.value) and entry.value < today
