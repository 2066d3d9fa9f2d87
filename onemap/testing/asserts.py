"""What every public function promises of frames, as asserts that any function can be put through."""

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal, assert_series_equal

_SHUFFLE_SEED = 7


def assert_input_unchanged(function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Any:
    """Call a function and fail if it changed any frame or series that it was given.

    Parameters
    ----------
    function
        What is called with ``arguments`` and ``options``.

    Returns
    -------
    Any
        What the function returned.

    Raises
    ------
    AssertionError
        A frame or series is not what it was.

    Examples
    --------
    >>> from onemap.testing import assert_input_unchanged, make_city
    >>> int(assert_input_unchanged(lambda cells: cells["area_m2"].gt(0).sum(), make_city().cells))
    60
    """
    given = {f"argument {number}": value for number, value in enumerate(arguments)} | options
    before = {
        name: value.copy(deep=True) for name, value in given.items() if isinstance(value, pd.DataFrame | pd.Series)
    }
    result = function(*arguments, **options)
    for name, old in before.items():
        _assert_same(given[name], old, f"{name} was changed")
    return result


def assert_contract(
    function: Callable[..., Any],
    frame: gpd.GeoDataFrame,
    /,
    *arguments: Any,
    answer: Callable[[Any], Any] = lambda result: result,
    keeps_index: bool = True,
    takes_empty: bool = True,
    any_order: bool = True,
    **options: Any,
) -> Any:
    """Put a function through the invariants that every public function of onemap keeps.

    The input stays unchanged; the CRS of an answer with geometry is that of ``frame``; the index is kept; an empty
    frame is answered by an empty one with the same columns; the geometry column may have any name; and the order of
    rows does not matter.

    Parameters
    ----------
    function
        Called as ``function(frame, *arguments, **options)``.
    answer
        Takes the frame or series to look at out of what the function returns.
    keeps_index
        The answer has the index of ``frame``; without it only its rows are compared.
    takes_empty, any_order
        Switch a check off, for a function that says so.

    Returns
    -------
    Any
        What the function returned.

    Raises
    ------
    AssertionError
        The first promise that is broken.

    Examples
    --------
    >>> from onemap.testing import assert_contract, make_city
    >>> def with_rank(cells):
    ...     return cells.assign(rank=cells["area_m2"].rank())
    >>> len(assert_contract(with_rank, make_city().cells))
    60
    """
    result = assert_input_unchanged(function, frame, *arguments, **options)
    whole = answer(result)
    if isinstance(whole, gpd.GeoDataFrame | gpd.GeoSeries):
        assert whole.crs == frame.crs, f"the CRS was not kept: {whole.crs} instead of {frame.crs}"
    if keeps_index:
        assert whole.index.equals(frame.index), "the index was not kept"
    if takes_empty:
        none = answer(function(frame.iloc[:0], *arguments, **options))
        assert len(none) == 0, f"an empty frame has {len(none)} rows of answer"
        if isinstance(whole, pd.DataFrame):
            missing = set(whole.columns) - set(none.columns)
            assert not missing, f"the answer to an empty frame lacks {sorted(missing)}"
    renamed = answer(function(frame.rename_geometry("shape_of_it"), *arguments, **options))
    _assert_same(_plain(renamed), _plain(whole), "another name of the geometry column changes the answer")
    if any_order:
        order = np.random.default_rng(_SHUFFLE_SEED).permutation(len(frame))
        shuffled = answer(function(frame.iloc[order], *arguments, **options))
        if keeps_index:
            shuffled = shuffled.iloc[np.argsort(order)]
        else:
            shuffled, whole = shuffled.reset_index(drop=True), whole.reset_index(drop=True)
        _assert_same(_plain(shuffled), _plain(whole), "the order of the rows changes the answer")
    return result


def _plain(answer: Any) -> Any:
    """Return a frame with its geometry as WKB, so that only what it says is compared."""
    if isinstance(answer, gpd.GeoSeries):
        return pd.Series(answer.to_wkb(), index=answer.index)
    if isinstance(answer, gpd.GeoDataFrame):
        table = pd.DataFrame(answer.drop(columns=answer.geometry.name))
        return table.assign(geometry=answer.geometry.to_wkb())
    return answer


def _assert_same(now: Any, before: Any, message: str) -> None:
    """Compare two frames or series, and say what the difference means."""
    try:
        if isinstance(before, gpd.GeoDataFrame):
            assert_geodataframe_equal(now, before)
            assert now.geometry.to_wkb().equals(before.geometry.to_wkb())
        elif isinstance(before, pd.DataFrame):
            assert_frame_equal(now, before)
        elif isinstance(before, gpd.GeoSeries):
            assert now.to_wkb().equals(before.to_wkb())
        else:
            assert_series_equal(now, before)
    except AssertionError as error:
        raise AssertionError(f"{message}: {error}") from error
