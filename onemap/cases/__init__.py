"""Cases to cells: each in exactly one cell or listed with the reason, and which boundary version codes belong to."""

from onemap.cases.assignment import assign_cases
from onemap.cases.reassignment import CHANGES, Reassignment, reassign_cases
from onemap.cases.result import HOW, AssignmentResult
from onemap.cases.versions import VersionMatch, match_boundary_version

__all__ = [
    "CHANGES",
    "HOW",
    "AssignmentResult",
    "Reassignment",
    "VersionMatch",
    "assign_cases",
    "match_boundary_version",
    "reassign_cases",
]
