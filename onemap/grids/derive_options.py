"""What derived cells are to be like: sizes, classes of barriers and their weights, the rule of town or country."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from onemap.errors import SchemaError, some

RULES: Final = ("town", "country")

BARRIER_WEIGHTS: Final[Mapping[str, float]] = MappingProxyType(
    {
        # the catalogue's classes of roads and waters
        "expressway": 1.0,
        "railway": 1.0,
        "river": 1.0,
        "lake": 1.0,
        "reservoir": 1.0,
        "arterial": 0.9,
        "canal": 0.8,
        "secondary": 0.7,
        "wall": 0.6,
        "pond": 0.5,
        "branch": 0.5,
        "lane": 0.3,
        "path": 0.1,
        "other": 0.2,
        # what OpenStreetMap calls them
        "motorway": 1.0,
        "trunk": 0.95,
        "primary": 0.9,
        "tertiary": 0.6,
        "unclassified": 0.5,
        "residential": 0.5,
        "living_street": 0.4,
        "pedestrian": 0.3,
        "service": 0.2,
        "track": 0.2,
        "footway": 0.1,
        "cycleway": 0.1,
        "steps": 0.1,
        "bridleway": 0.1,
        "rail": 1.0,
        "tram": 0.3,
        "water": 1.0,
        "stream": 0.4,
        "fence": 0.4,
        "city_wall": 0.8,
    }
)
"""How strongly a class of barrier divides, 0 (not at all) to 1 (nobody crosses it on foot)."""

WATER: Final = frozenset({"river", "lake", "reservoir", "canal", "pond", "water", "stream"})
"""Classes of barrier whose polygons are water."""

LAND_USE_M2: Final[Mapping[str, float]] = MappingProxyType({"open": 100_000.0, "water": 1_000_000.0})
"""Size to aim at where the land is not built up."""


@dataclass(frozen=True)
class DeriveOptions:
    """What derived cells are to be like.

    Attributes
    ----------
    community
        Column of the boundary with the code of each community.
    rule
        ``"town"``: cells by building, courtyard and compound; ``"country"``: every compound is a villagers' group,
        and a group is one cell or several, never part of one.
    rule_column
        Column of the boundary that says ``town`` or ``country`` for each community; where it is empty ``rule`` holds.
    target_m2
        Size to aim at in built-up land.
    land_use_m2
        Other sizes by land use: ``open`` (no buildings), ``water``, and any class of compound.
    country_m2
        Size to aim at inside a villagers' group; without it a group is one cell.
    smallest, largest
        Share of the target below which land is joined to a neighbour, and above which it is split.
    min_width_m
        Land narrower than this on average (a median, a verge) is joined to a neighbour whatever its area.
    snap_m
        Barriers that end less than this before another line are led on to it; wider openings stay open and are listed.
    exclusive_m2
        A compound of at least this size becomes a cell of its own, kind ``exclusive``.
    exclusive_classes
        Classes of compound that may become exclusive; None for all.
    barrier_class, compound_class
        Columns of the classes; barriers may also have them under ``kind``.
    weights
        How strongly each class of barrier divides, 0 to 1; 0 for classes that are to be left out.
    hard
        Barriers of this weight or more are crossed by a cell only where the land would be a mere scrap, and that is
        listed.

    Raises
    ------
    SchemaError
        A value is not possible.

    Examples
    --------
    >>> DeriveOptions(target_m2=20_000).target("open")
    100000.0
    """

    community: str = "community_code"
    rule: str = "town"
    rule_column: str | None = None
    target_m2: float = 10_000.0
    land_use_m2: Mapping[str, float] = field(default_factory=lambda: LAND_USE_M2)
    country_m2: float | None = None
    smallest: float = 0.5
    largest: float = 1.75
    min_width_m: float = 20.0
    snap_m: float = 2.0
    exclusive_m2: float = 20_000.0
    exclusive_classes: tuple[str, ...] | None = None
    barrier_class: str = "class"
    compound_class: str = "class"
    weights: Mapping[str, float] = field(default_factory=lambda: BARRIER_WEIGHTS)
    hard: float = 0.7

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if self.rule not in RULES:
            raise SchemaError("the rule is {found}; it must be town or country", found=self.rule)
        positive = {"target_m2": self.target_m2, **self.land_use_m2}
        if self.country_m2 is not None:
            positive["country_m2"] = self.country_m2
        _check("{name} is {value}; it must be an area above 0 m2", positive, lambda v: v > 0)
        free = {"min_width_m": self.min_width_m, "snap_m": self.snap_m, "exclusive_m2": self.exclusive_m2}
        _check("{name} is {value}; it must be 0 or more", free, lambda v: v >= 0)
        _check("{name} is {value}; it must lie between 0 and 1", {"smallest": self.smallest}, lambda v: 0 <= v < 1)
        _check("{name} is {value}; it must be above 1", {"largest": self.largest}, lambda v: v > 1)
        shares = {"hard": self.hard, **self.weights}
        _check("{name} is {value}; it must lie between 0 and 1", shares, lambda v: 0 <= v <= 1)

    def target(self, land_use: str) -> float:
        """Return the size to aim at on land of this use."""
        return float(self.land_use_m2.get(land_use, self.target_m2))


def _check(template: str, values: Mapping[str, Any], fits: Any) -> None:
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not fits(value):
            raise SchemaError(template, name=name, value=value)


def with_changes(options: DeriveOptions | None, changes: Mapping[str, Any]) -> DeriveOptions:
    """Return the options with single ones replaced.

    Raises
    ------
    SchemaError
        There is no such option, or its value is not possible.
    """
    known = {f.name for f in dataclasses.fields(DeriveOptions)}
    unknown = sorted(set(changes) - known)
    if unknown:
        raise SchemaError("no option {names}; known are {known}", names=some(unknown), known=", ".join(sorted(known)))
    return dataclasses.replace(options or DeriveOptions(), **changes)
