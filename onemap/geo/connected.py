"""What hangs together: the connected parts of things that have neighbours."""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

Thing = TypeVar("Thing", bound=Hashable)


def part_from(start: Thing, near: Callable[[Thing], Iterable[Thing]], left: set[Thing]) -> list[Thing]:
    """Return what of ``left`` hangs together with ``start``, nearest first, and take it out of ``left``.

    Examples
    --------
    >>> left = {2, 3, 5}
    >>> part_from(1, lambda thing: (thing + 1,), left), left
    ([1, 2, 3], {5})
    """
    left.discard(start)
    part = [start]
    for at in part:
        for other in near(at):
            if other in left:
                left.discard(other)
                part.append(other)
    return part


def connected(things: Iterable[Thing], near: Callable[[Thing], Iterable[Thing]]) -> list[list[Thing]]:
    """Return the connected parts of some things, in the order of their first ones.

    Examples
    --------
    >>> connected("abxcy", {"a": "b", "b": "ac", "c": "b", "x": "y", "y": "x"}.__getitem__)
    [['a', 'b', 'c'], ['x', 'y']]
    """
    in_order = list(things)
    left = set(in_order)
    return [part_from(first, near, left) for first in in_order if first in left]
