"""The two lists: what their columns, counters and filters are."""

from collections.abc import Callable

from ...translation import tr
from ..findings.mendable import no_repair_for
from ..rows import Row, case_columns, finding_columns
from ..words import CASE_STATES, UNKNOWN, Words, kind_title, state_title
from .list_kind import ALL, Choice, ListKind, any_of
from .table import Act

_STATES = (*CASE_STATES, UNKNOWN)
_PLACES = ("near_border", "decided", "outside", "no_position")
_KINDS = (
    "gap",
    "land",
    "duty",
    "time",
    "conflict",
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
    "accepted",
    "allowed",
)


def finding_list(street_title: Callable[[str], str]) -> ListKind:
    """Return the list of findings."""
    words = Words()
    return ListKind(
        name="findings",
        title=tr("Findings"),
        card_title=tr("The chosen finding"),
        columns=finding_columns,
        widths=(118, 84, 100, 82, 50, 64),
        grows={1: 2, 2: 2, 5: 1},
        ends=(2,),
        street_column=5,
        acts=finding_acts(),
        chips=lambda row: (row.chip,),
        chip_order=_KINDS,
        chip_filter=lambda name: {} if name == ALL else {"chip": name},
        chip_title=kind_title,
        choices=(
            Choice("group", tr("Layer"), tr("any layer"), words.layer),
            Choice("state", tr("State"), tr("any state"), state_title),
            Choice("street", tr("Street"), any_of(tr("street")), street_title),
        ),
        empty=lambda: tr(
            "No findings. Open a one map, or run the whole line in the toolbox: what it finds is listed here."
        ),
    )


def case_list(street_title: Callable[[str], str]) -> ListKind:
    """Return the list of cases."""
    return ListKind(
        name="cases",
        title=tr("Cases"),
        card_title=tr("The chosen case"),
        columns=case_columns,
        widths=(116, 124, 78, 86, 84),
        grows={2: 1, 3: 2},
        ends=(0, 4),
        chips=_case_chips,
        chip_order=(*_STATES, *_PLACES),
        chip_filter=_case_filter,
        chip_title=_case_chip_title,
        choices=(
            Choice("group", tr("Matter"), tr("any matter"), lambda matter: matter),
            Choice("street", tr("Street"), any_of(tr("street")), street_title),
            Choice("holder", tr("Holder"), tr("any holder"), lambda name: name),
        ),
        empty=lambda: tr("No cases. Open a one map that holds cases."),
        acts=case_acts(),
        newest_first=1,
        in_time=True,
    )


def case_acts() -> tuple[Act, ...]:
    """Return what can be done with a case."""
    return (
        Act("zoom", tr("Go there"), "Space", tr("Show it on the map and let it flash")),
        Act("copy", tr("Copy the number"), "C", tr("Puts the number of the case on the clipboard")),
        Act("decide", tr("Leave it with its cell"), "D", tr("A case near a border: the first candidate answers")),
        Act("reassign", tr("Reassign ..."), "A", tr("Give it to another cell, with the reason; kept in the log")),
        Act("photo", tr("Open the photo"), "P", tr("Opens the photo of the case, where there is one")),
        Act("who", tr("Who answers here?"), "W", tr("Asks for the spot of the case in the tab of that name")),
    )


def finding_acts() -> tuple[Act, ...]:
    """Return what can be done with a finding."""
    proposes = tr("The library proposes who gets the land, with area and people")
    return (
        Act("zoom", tr("Go there"), "Space", tr("Show it on the map and let it flash")),
        Act("copy", tr("Copy what it concerns"), "C", tr("Puts the cells or the object on the clipboard")),
        Act("repair", tr("Propose a repair"), "R", proposes, _mends),
        Act("accept", tr("Accept the repair ..."), "Y", tr("The proposal shall be done with the next build"), _mends),
        Act("refuse", tr("Refuse the repair ..."), "N", tr("The finding stays open; the reason is kept"), _mends),
        Act("allow", tr("Allow it ..."), "L", tr("It may stay as it is until a day, with the reason"), _may_stay),
        Act("take_back", tr("Take back"), "U", tr("What was decided about it no longer counts")),
        Act("who", tr("Who answers here?"), "W", tr("Asks for the middle of the finding")),
    )


def _mends(row: Row) -> bool:
    return not no_repair_for(row.kind, row.about)


def _may_stay(row: Row) -> bool:
    return row.table != "near_border"  # such a case is decided


def _case_chip_title(name: str) -> str:
    if name == "outside":  # of a case it is the place, of a cell its border that runs too far
        return tr("outside the cells")
    return state_title(name) if name in _STATES else kind_title(name)


def _case_chips(row: Row) -> tuple[str, ...]:
    return (row.state, row.chip) if row.chip in _PLACES else (row.state,)


def _case_filter(name: str) -> dict[str, str]:
    if name in _STATES:
        return {"state": name}
    return {"chip": name} if name in _PLACES else {}
