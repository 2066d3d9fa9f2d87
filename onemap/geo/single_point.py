"""One point at a time in plain Python: the rules of `onemap.geo.point_rules` without the cost of calling numpy."""

from collections.abc import Callable
from typing import Any

from onemap.geo.cell_index import ONE, CellIndex
from onemap.geo.orientation import BOUND, LEAST


def single_point_rule(  # noqa: C901 - each call of a function would cost as much as all the rest
    index: CellIndex, slowly: Callable[[float, float], int]
) -> Callable[[float, float], int]:
    """Return a function that gives the position of the cell that holds one point.

    Parameters
    ----------
    index
        The cells.
    slowly
        Asked about the points that are not decided by floating point alone, lie on a border or in several cells.
    """
    raster = index.raster
    west, south, size, columns, rows = raster.west, raster.south, raster.size, raster.columns, raster.rows
    share = 1 / size
    certain, base, change = _view(index.certain), _view(index.base), _view(index.change)
    list_start, list_edge, ends = _view(index.list_start), _view(index.list_edge), _view(index.ends.reshape(-1))
    two = 2 * ONE

    def locate(x: float, y: float) -> int:
        place_x, place_y = (x - west) * share, (y - south) * share
        if not (0 <= place_x < columns and 0 <= place_y < rows):
            return -1
        column, row = int(place_x), int(place_y)
        cell: int = certain[column * rows + row]
        if cell >= -1:
            return cell
        record = -2 - cell
        node_y = south + row * size
        state = base[record]
        for edge in list_edge[list_start[record] : list_start[record + 1]]:
            x1, y1, x2, y2 = ends[4 * edge : 4 * edge + 4]
            spans_point = (x1 <= x) != (x2 <= x)
            spans_node = (y1 <= node_y) != (y2 <= node_y)
            if not (spans_point or spans_node or x in (x1, x2)):
                continue
            dx = x2 - x1
            across = (y2 - y1) * (x - x1)
            to_turn, to_point = dx * (node_y - y1), dx * (y - y1)
            turn, side = to_turn - across, to_point - across
            doubt = BOUND * (abs(across) + max(abs(to_turn), abs(to_point))) + LEAST
            if -doubt <= turn <= doubt or -doubt <= side <= doubt:
                return slowly(x, y)
            if spans_node and turn > 0:
                state += change[edge]
            if spans_point:
                state += change[edge] * ((side > 0) - (turn > 0))
        if state == 0:
            return -1
        if ONE <= state < two:
            return int(state - ONE - 1)
        return slowly(x, y)

    return locate


def _view(array: Any) -> Any:
    """Return a view whose items are plain numbers."""
    return memoryview(array)
