"""The sample city and what tests of one map need: users test with it too."""

from .sample import City, make_city
from .write import write_city

__all__ = ["City", "make_city", "write_city"]
