"""The groups of the toolbox: the stages of the work, in its order."""

from enum import Enum

from ..translation import tr


class Stage(Enum):
    """A stage of the work; the value is the id of its group."""

    BASE = "base"
    GRIDS = "grids"
    RESPONSIBILITY = "responsibility"
    CASES = "cases"
    REPORT = "report"
    CODES = "codes"


def stage_title(stage: Stage) -> str:
    """Return the group's title; its number keeps the order of the work, since the toolbox sorts by title."""
    return {
        Stage.BASE: tr("1 Base map"),
        Stage.GRIDS: tr("2 Grids"),
        Stage.RESPONSIBILITY: tr("3 Responsibility"),
        Stage.CASES: tr("4 Cases"),
        Stage.REPORT: tr("5 Report"),
        Stage.CODES: tr("6 Codes and coordinates"),
    }[stage]
