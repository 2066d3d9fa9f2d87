"""The sample city and what tests of one map need: users test with it too."""

from .planted import Planted, read_planted
from .sample import City, make_city
from .score import Score, score
from .write import write_city

__all__ = ["City", "Planted", "Score", "make_city", "read_planted", "score", "write_city"]
