"""Serials of new grids: west to east, then north to south; what was once given is never given again."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import SchemaError, some


@dataclass(frozen=True)
class Item:
    """A grid (or component) to be numbered: a point inside it, and its code where it already has one."""

    id: str
    x: float
    y: float
    code: str | None = None


def reading_order(items: Sequence[Item], *, row_height: float | None = None) -> list[Item]:
    """Return ``items`` as a page is read: rows from north to south, in each row from west to east.

    The order of ``items`` does not matter. A row takes all points less than ``row_height`` south of its northernmost
    one; by default half the spacing that a regular grid of as many points over the same extent has.

    Parameters
    ----------
    items
        Points, x to the east and y to the north, in any unit.
    row_height
        Height of a row, in the unit of y.

    Examples
    --------
    >>> square = [Item("se", 1, 0), Item("nw", 0, 1), Item("sw", 0, 0.1), Item("ne", 1, 0.9)]
    >>> [item.id for item in reading_order(square)]
    ['nw', 'ne', 'sw', 'se']
    """
    height = _spacing(items) / 2 if row_height is None else row_height
    rows: list[list[Item]] = []
    for item in sorted(items, key=lambda item: (-item.y, item.x, item.id)):
        if not rows or rows[-1][0].y - item.y > height:
            rows.append([])
        rows[-1].append(item)
    return [item for row in rows for item in sorted(row, key=lambda item: (item.x, -item.y, item.id))]


def _spacing(items: Sequence[Item]) -> float:
    """Return the spacing d of a regular grid of n points over the extent: (w / d + 1) (h / d + 1) = n."""
    count = len(items)
    if count < 2:  # noqa: PLR2004 - one point has no spacing
        return 0.0
    width = max(item.x for item in items) - min(item.x for item in items)
    height = max(item.y for item in items) - min(item.y for item in items)
    both = width + height
    return (both + math.sqrt(both * both + 4 * (count - 1) * width * height)) / (2 * (count - 1))


def number(
    items: Iterable[Item],
    *,
    prefix: str,
    digits: int,
    withdrawn: Iterable[str] = (),
    row_height: float | None = None,
) -> dict[str, str]:
    """Return the code of each item: kept where it has one, else ``prefix`` and the next serial of ``digits`` digits.

    New serials start after the highest that was ever given, kept or withdrawn: a free number in between may have been
    given before anybody kept a list. See `reading_order` for the order.

    Raises
    ------
    SchemaError
        Ids or codes are not unique, a code is of another parent or was withdrawn, a position is missing, or the
        serials run out.
    """
    items = sorted(items, key=lambda item: item.id)
    _check_unique([item.id for item in items], "id")
    kept = {item.id: item.code for item in items if item.code}
    _check_unique(list(kept.values()), "code")
    gone = set(withdrawn)
    back = sorted(code for code in kept.values() if code in gone)
    if back:
        raise SchemaError("withdrawn codes stand in the items again: {codes}", codes=some(back))
    given = [_serial(code, prefix, digits) for code in sorted({*kept.values(), *gone})]
    new = [item for item in items if not item.code]
    lost = [item.id for item in new if not (math.isfinite(item.x) and math.isfinite(item.y))]
    if lost:
        raise SchemaError("no position, so no place in the order: {ids}", ids=some(lost))
    first, last = max(given, default=0) + 1, 10**digits - 1
    if first + len(new) - 1 > last:
        raise SchemaError(
            "{prefix}: {needed} new serials are needed, {left} are left, {given} were given, up to {highest} of {last}",
            prefix=prefix,
            needed=len(new),
            left=last - first + 1,
            given=len(given),
            highest=first - 1,
            last=last,
        )
    fresh = {
        item.id: f"{prefix}{serial:0{digits}d}"
        for serial, item in enumerate(reading_order(new, row_height=row_height), start=first)
    }
    return dict(sorted({**kept, **fresh}.items(), key=lambda pair: pair[1]))


def _check_unique(found: list[str], what: str) -> None:
    """Raise where a value stands twice."""
    twice = sorted(value for value, times in Counter(found).items() if times > 1)
    if twice:
        raise SchemaError("{what} stands more than once: {values}", what=what, values=some(twice))


def _serial(code: str, prefix: str, digits: int) -> int:
    """Return the serial of a code under ``prefix``."""
    tail = code.removeprefix(prefix)
    if not code.startswith(prefix) or len(tail) != digits or not (tail.isascii() and tail.isdecimal()):
        raise SchemaError(
            "{code} is not a code under {prefix} with a serial of {digits} digits",
            code=code,
            prefix=prefix,
            digits=digits,
        )
    return int(tail)
