"""What a list is: its columns, counters and filters, and what can be done with its rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...translation import tr
from ..rows import Row
from .table import Act

ALL = "all"


def any_of(name: str) -> str:
    """Return the first entry of a box: all streets, or whatever the district calls them."""
    return tr("any {name}", name=name)


@dataclass(frozen=True)
class Choice:
    """A combo box that filters: the part of a row it asks, its name, its first entry, the titles of its values."""

    part: str  # "kind" "group" "state" "street" "holder"
    name: str
    all_of_them: str
    title: Callable[[str], str]


@dataclass(frozen=True)
class ListKind:
    """What a tab lists."""

    name: str
    title: str
    card_title: str
    columns: Callable[[], list[str]]
    widths: tuple[int, ...]
    grows: Mapping[int, int]  # columns that take what room is left, with their shares
    chips: Callable[[Row], tuple[str, ...]]  # names of the chips under which a row is counted
    chip_order: tuple[str, ...]
    chip_filter: Callable[[str], dict[str, str]]
    chip_title: Callable[[str], str]
    choices: tuple[Choice, ...]
    empty: Callable[[], str]
    acts: tuple[Act, ...] = ()
    newest_first: int = -1  # column by which the list is sorted at first, latest on top
    ends: tuple[int, ...] = ()  # columns of codes, of which the end is shown
    street_column: int = -1  # which is headed by what the district calls its streets
    in_time: bool = False  # rows have a moment and a holder: spans and *mine* make sense
