"""What else is to be known of an answer: doubled cells, several duty grids, and what may be asked where nothing was."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from onemap.domain.duties import Matter
from onemap.errors import some
from onemap.responsibility.answers import NOBODY, Answer
from onemap.responsibility.areas import Rows

if TYPE_CHECKING:
    from onemap.responsibility.matrix import ResponsibilityMatrix

DOUBLED: Final = "Several cells have the code {code}: which of them is meant must be settled first."
SEVERAL: Final = "{count} grids of {agency} reach into {code}, the answer is for a point inside it."
ASK: Final = "No matter was named, and the duties here are each for some matters; name one of them: {asked}."
_MOST: Final = 12
Note = tuple[str, Mapping[str, Any]]


def notes_of(
    matrix: "ResponsibilityMatrix", answer: Answer, start: tuple[str, Rows] | None, day: int
) -> tuple[Note, ...]:
    """Return the notes on an answer: template and values of each.

    Parameters
    ----------
    start
        The grid that was asked for, where it was one.
    day
        Ordinal of the day.
    """
    doubled = matrix.land.areas(matrix.land.levels[-1], day).doubled
    notes: list[Note] = [(DOUBLED, {"code": answer.cell})] if answer.cell in doubled else []
    for claim in answer.claims:
        count = 0 if start is None else matrix.land.reaching(claim.grid, start, day)
        if count > 1:
            notes.append((SEVERAL, {"count": count, "agency": claim.grid.agency, "code": answer.cell}))
    if answer.state == NOBODY and not answer.matter.code:
        asked = _askable(matrix, answer, start, day)
        notes += [(ASK, {"asked": some(asked, most=_MOST)})] if asked else []
    return tuple(notes)


def _askable(matrix: "ResponsibilityMatrix", answer: Answer, start: tuple[str, Rows] | None, day: int) -> list[str]:
    """Return the matters for which some duty counts at a spot, each with who answers."""
    rules = matrix.rules
    every = tuple(range(len(rules.patterns)))
    spot = matrix.land.spot(answer.x, answer.y, day, rules.channels(every), rules.facts(every), start=start)
    told: dict[str, list[str]] = {}
    for pattern in rules.patterns:
        matter = Matter(pattern.scheme or matrix.options.scheme, pattern.kind or "matter", pattern.code)
        found = matrix.decider.decide(matter, answer.moment, spot, spot.facts | answer.facts)
        if found.claims:
            duty, holder = found.claims[0].duty, found.accountable
            names = [name for name in (duty.agency, holder.name if holder else "") if name]
            told.setdefault(" ".join(dict.fromkeys(names)), []).append(pattern.code)
    listed = sorted((", ".join(sorted(codes)), who) for who, codes in told.items())
    return [f"{codes} ({who})" if who else codes for codes, who in listed]
