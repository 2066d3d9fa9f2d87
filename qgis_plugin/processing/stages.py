"""The groups of the toolbox, the stages of the work, and the tools of each: both in the order of the work."""

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


TOOLS = {
    Stage.BASE: ("sample", "layers", "build", "run"),
    Stage.GRIDS: ("derive", "number", "check", "repair", "undo_repair", "balance", "edit", "audit", "versions"),
    Stage.RESPONSIBILITY: ("roster", "own", "who", "who_points", "gaps", "conflicts"),
    Stage.CASES: ("assign", "reassign"),
    Stage.REPORT: ("report", "atlas", "project"),
    Stage.CODES: ("codes_explain", "codes_check", "codes_convert", "codes_compare", "convert"),
}


def numbered(stage: Stage, name: str, title: str) -> str:
    """Return a tool's title behind its number, as 2.3: the toolbox sorts by title, and the number is its place.

    It stands in the model designer and in the log too, where it says to which stage a step belongs.
    """
    return f"{list(Stage).index(stage) + 1}.{TOOLS[stage].index(name) + 1} {title}"


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
