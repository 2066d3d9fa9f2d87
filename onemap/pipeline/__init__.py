"""The whole line from one manifest: base map, coverage, cases, owners, gaps, published once, and the report."""

from .line import run
from .result import RunResult

__all__ = ["RunResult", "run"]
