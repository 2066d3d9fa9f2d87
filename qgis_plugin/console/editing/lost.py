"""A draft that went without having been ended. Standard library only."""

from dataclasses import dataclass

Deed = tuple[str, dict]  # a verb that the library did, with what it was told


@dataclass(frozen=True)
class Lost:
    """What is needed to bring a draft back: whose grids, its steps, and whether some of them are not saved."""

    grouping: str
    deeds: list[Deed]
    unsaved: bool
