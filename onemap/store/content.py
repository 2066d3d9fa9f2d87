"""What is published: one layer's rows with where they came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

GEOMETRY_TYPES = {"Point": "Point", "LineString": "MultiLineString", "Polygon": "MultiPolygon"}
"""Geometry of a layer definition to the type in which it is stored."""


@dataclass(frozen=True)
class LayerContent:
    """One layer to publish.

    Parameters
    ----------
    layer_id
        Id of the layer in the catalogue; it becomes the table's name.
    frame
        Rows in the order in which they are stored; ``None`` for a raster, which lies beside the map.
    provenance
        Columns of ``onemap_layer`` that say where the layer came from. Titles, update cycle and secrecy come from the
        definition where they are not among them, offices only for what onemap itself finds.
    """

    layer_id: str
    frame: pd.DataFrame | None
    provenance: Mapping[str, Any] = field(default_factory=dict)
