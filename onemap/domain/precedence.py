"""Which of several duties counts: explicit data, never code. Standard library only.

The table stands in ``data/precedence.toml`` and may be replaced. What is equal by all its criteria is a conflict and
is told as one; nothing is decided by the order of rows.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self

from ..errors import SchemaError
from .code_parts import DATA
from .duties import DUTY_GRID, OBJECT, PARTS, ROAD

CRITERIA: Final = ("scope", "scope_code", "matter", "condition", "rank")
LEVELS: Final = "levels"
Key = tuple[int, ...]


@dataclass(frozen=True)
class Precedence:
    """The order of parts, of criteria, of scopes and of roles.

    Attributes
    ----------
    parts
        The first part with a duty in force names the accountable one.
    criteria
        What is compared among the duties of a part, the weightiest first.
    scopes
        Most specific first; ``levels`` stands for the grid levels from the finest to the coarsest.
    roles
        Who holds a post to which several are appointed.

    Raises
    ------
    SchemaError
        A list has a word that is not known, lacks one, or has one twice.
    """

    parts: tuple[str, ...]
    criteria: tuple[str, ...]
    scopes: tuple[str, ...]
    roles: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check the lists."""
        wanted = {"parts": PARTS, "criteria": CRITERIA, "scopes": (OBJECT, ROAD, DUTY_GRID, LEVELS)}
        for name, words in wanted.items():
            found = getattr(self, name)
            if sorted(found) != sorted(words):
                raise SchemaError(
                    "precedence: {name} is {found}; it must have each of {known} once",
                    name=name,
                    found=", ".join(found),
                    known=", ".join(words),
                )

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Return the precedence of a TOML table; a list left out is the usual one."""
        usual = _usual()
        lists = {name: tuple(data.get(name, usual[name])) for name in ("parts", "criteria", "scopes", "roles")}
        return cls(**lists)

    def scope_order(self, levels: Sequence[str]) -> dict[str, int]:
        """Return the place of each scope, given the grid levels from coarse to fine.

        Examples
        --------
        >>> load_precedence().scope_order(["grid_street", "grid_cell"])
        {'object': 0, 'road': 1, 'duty_grid': 2, 'grid_cell': 3, 'grid_street': 4}
        """
        names = [name for scope in self.scopes for name in (reversed(levels) if scope == LEVELS else [scope])]
        return {name: place for place, name in enumerate(names)}

    def key(self, **values: int) -> Key:
        """Return the values of the criteria in their order: the smallest key counts.

        Examples
        --------
        >>> load_precedence().key(scope=2, scope_code=0, matter=-4, condition=0, rank=7)
        (2, 0, -4, 0, 7)
        """
        return tuple(values[name] for name in self.criteria)

    def role_order(self, role: str) -> int:
        """Return the place of a role; the last for one that is not listed."""
        return self.roles.index(role) if role in self.roles else len(self.roles)


@lru_cache(maxsize=1)
def _usual() -> dict[str, Any]:
    return tomllib.loads((DATA / "precedence.toml").read_text(encoding="utf-8"))


def load_precedence(path: Path | str | None = None) -> Precedence:
    """Return the precedence in a file, or the usual one.

    Raises
    ------
    SchemaError
        The file cannot be read, is no TOML, or has a wrong list.

    Examples
    --------
    >>> load_precedence().parts
    ('in_charge', 'owner', 'maintainer', 'territorial')
    """
    if path is None:
        return Precedence.from_data({})
    try:
        data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SchemaError("{path}: cannot be read as a table of precedence ({why})", path=path, why=error) from error
    return Precedence.from_data(data)
