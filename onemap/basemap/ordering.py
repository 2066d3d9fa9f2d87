"""One order of rows for every order of input: by key, then by place, then by all other values."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.domain.catalogue import LayerSpec


def in_order(frame: gpd.GeoDataFrame, spec: LayerSpec) -> gpd.GeoDataFrame:
    """Return the rows in an order that does not depend on the order in which they came; the index is dropped.

    Rows with the same key are ordered by their geometry and then by their other values.
    """
    if frame.empty:
        return frame.reset_index(drop=True)
    if spec.id == "duty_grid":
        keys = frame["agency"].fillna("").astype("str") + "\0" + frame[spec.key].fillna("").astype("str")
    elif spec.key:
        keys = frame[spec.key].fillna("").astype("str")
    else:
        keys = pd.Series("", index=frame.index)
    keys = keys.reset_index(drop=True)
    order = keys.argsort(kind="stable").to_numpy()
    tied = keys.duplicated(keep=False).to_numpy()
    if tied.any():
        order = _merged(order, tied, _order_of_ties(frame[tied], keys[tied]))
    return frame.iloc[order].reset_index(drop=True)


def _order_of_ties(rows: pd.DataFrame, keys: pd.Series) -> np.ndarray:
    """Order rows with repeated keys by key, then by geometry, then by all their values as text."""
    ties = pd.DataFrame({"key": keys.to_numpy()})
    if isinstance(rows, gpd.GeoDataFrame):
        shapes = shapely.to_wkb(rows.geometry.to_numpy(), byte_order=1)
        ties["shape"] = [shape or b"" for shape in shapes]
        rows = pd.DataFrame(rows.drop(columns=rows.geometry.name))
    texts = rows.astype("object").where(rows.notna(), "")
    ties["values"] = ["\0".join(map(str, row)) for row in texts.itertuples(index=False)]
    return np.asarray(ties.sort_values(list(ties.columns), kind="stable").index.to_numpy())


def _merged(order: np.ndarray, tied: np.ndarray, tied_order: np.ndarray) -> np.ndarray:
    """Put the tied rows, in their own order, into the places that tied rows hold in ``order``."""
    merged = order.copy()
    merged[tied[order]] = np.flatnonzero(tied)[tied_order]
    return merged
