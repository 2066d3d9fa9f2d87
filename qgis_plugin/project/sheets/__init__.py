"""Print layouts of the hall: the district, each street, each enforcement unit, each duty grid and cell."""

from .book import add_sheets

__all__ = ["add_sheets"]
