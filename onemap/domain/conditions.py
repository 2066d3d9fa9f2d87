"""Conditions of a duty: facts that must hold, or must not, at the spot. Standard library only.

A condition is a list of facts, all of which must hold; ``!`` before a fact says that it must not. Facts known of every
spot are ``on_road``, ``in_compound``, and ``<layer>.<column>=<value>`` of the road, compound or grid there, such as
``road.class=arterial``, ``compound.class=hospital``, ``grid_cell.kind=exclusive``. Any other word is a fact that the
asker states.
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from ..errors import SchemaError

ON_ROAD, IN_COMPOUND = "on_road", "in_compound"
_WORDS: Final = {
    "道路上": ON_ROAD,
    "路面": ON_ROAD,
    "小区内": IN_COMPOUND,
    "院内": IN_COMPOUND,
    "exclusive": "grid_cell.kind=exclusive",
    "专属网格": "grid_cell.kind=exclusive",
}
_SEPARATORS: Final = re.compile(r"[,，、；;&\s]+|\band\b")
_NOT: Final = re.compile(r"(^|[,，、；;&\s])\s*[非！]")
_FACT: Final = re.compile(r"\w+(\.\w+=[^=!]+)?")


@dataclass(frozen=True, slots=True)
class Condition:
    """Facts that must hold and facts that must not."""

    needs: frozenset[str]
    refuses: frozenset[str]

    def holds(self, facts: AbstractSet[str]) -> bool:
        """Tell whether the condition is met where these facts hold."""
        return self.needs <= facts and self.refuses.isdisjoint(facts)

    @property
    def facts(self) -> frozenset[str]:
        """All facts that matter."""
        return self.needs | self.refuses

    def __len__(self) -> int:
        """Return how many facts are asked for."""
        return len(self.needs) + len(self.refuses)


def parse_condition(text: str) -> Condition:
    """Return the condition in a text.

    Raises
    ------
    SchemaError
        A fact is written wrongly, or both needed and refused.

    Examples
    --------
    >>> parse_condition("on_road, !in_compound").holds({"on_road"})
    True
    >>> parse_condition("非小区内、road.class=非机动车道").holds({"road.class=非机动车道"})
    True
    >>> parse_condition("").holds(set())
    True
    """
    needs: set[str] = set()
    refuses: set[str] = set()
    for part in _SEPARATORS.split(_NOT.sub(r"\1!", text)):
        word = part.lstrip("!")
        word = _WORDS.get(word, word)
        if not part:
            continue
        if not _FACT.fullmatch(word):
            raise SchemaError(
                "{text}: {word} is no condition; write on_road, !in_compound or road.class=arterial",
                text=repr(text),
                word=repr(part),
            )
        (refuses if part.startswith("!") else needs).add(word)
    if needs & refuses:
        raise SchemaError("{text}: {word} is asked for and refused at once", text=repr(text), word=min(needs & refuses))
    return Condition(frozenset(needs), frozenset(refuses))
