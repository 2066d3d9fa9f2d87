"""The two lists: what their columns, counters and filters are."""

from collections.abc import Callable

from ..translation import tr
from .list_tab import ALL, Choice, ListKind
from .rows import Row, case_columns, finding_columns
from .words import Words, kind_title, state_title

_STATES = ("new", "in_hand", "overdue", "settled")
_PLACES = ("near_border", "decided", "outside", "no_position")
_KINDS = (
    "gap",
    "land",
    "overlap",
    "outside",
    "mismatch",
    "object",
    "near_border",
    "decided",
    "duplicate",
    "nesting",
    "orphan",
    "invalid",
)


def finding_list(street_title: Callable[[str], str]) -> ListKind:
    """Return the list of findings."""
    words = Words()
    return ListKind(
        name="findings",
        columns=finding_columns,
        widths=(124, 88, 130, 78, 80),
        chips=lambda row: (row.kind,),
        chip_order=_KINDS,
        chip_filter=lambda name: {} if name == ALL else {"kind": name},
        chip_title=kind_title,
        choices=(
            Choice("group", tr("all layers and agencies"), words.layer),
            Choice("state", tr("open and allowed"), state_title),
            Choice("street", tr("all streets"), street_title),
        ),
        empty=lambda: tr(
            "No findings. Open a one map, or run the whole line in the toolbox: what it finds is listed here."
        ),
    )


def case_list(street_title: Callable[[str], str]) -> ListKind:
    """Return the list of cases."""
    return ListKind(
        name="cases",
        columns=case_columns,
        widths=(136, 122, 110, 130, 110),
        chips=_case_chips,
        chip_order=(*_STATES, *_PLACES),
        chip_filter=_case_filter,
        chip_title=lambda name: state_title(name) if name in _STATES else kind_title(name),
        choices=(
            Choice("group", tr("all matters"), lambda matter: matter),
            Choice("street", tr("all streets"), street_title),
        ),
        empty=lambda: tr("No cases. Open a one map that holds cases."),
        newest_first=1,
    )


def _case_chips(row: Row) -> tuple[str, ...]:
    return (row.state, row.kind) if row.kind in _PLACES else (row.state,)


def _case_filter(name: str) -> dict[str, str]:
    if name in _STATES:
        return {"state": name}
    return {"kind": name} if name in _PLACES else {}
