"""Who answers here, for what, when: duties and appointments laid over grids, roads and objects."""

from onemap.responsibility.answers import Answer, Claim, Link, PartAnswer
from onemap.responsibility.matrix import ResponsibilityMatrix
from onemap.responsibility.options import MatrixOptions

__all__ = ["Answer", "Claim", "Link", "MatrixOptions", "PartAnswer", "ResponsibilityMatrix"]
