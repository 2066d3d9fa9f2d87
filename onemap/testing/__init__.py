"""The sample city and what tests of one map need: users test with it too."""

from .asserts import assert_contract, assert_input_unchanged
from .planted import Planted, read_planted
from .sample import City, make_city
from .score import Score, score
from .write import write_city

__all__ = [
    "City",
    "Planted",
    "Score",
    "assert_contract",
    "assert_input_unchanged",
    "make_city",
    "read_planted",
    "score",
    "write_city",
]
