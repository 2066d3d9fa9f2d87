"""What cells are derived from, checked and brought into one plane, in an order that depends on the shapes alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.errors import CrsError, GeometryError, SchemaError, some

from .derive_options import RULES, WATER, DeriveOptions
from .plane import Plane, Shapes, Vertices
from .unmet import Unmet

Barriers: TypeAlias = gpd.GeoDataFrame | Mapping[str, gpd.GeoDataFrame] | None

_LINE, _POLYGON = 1, 2
_OTHER: Final = "other"


@dataclass(frozen=True)
class Layer:
    """Shapes of one layer in the plane, each with its class and the label of its row."""

    shapes: Shapes
    classes: NDArray[Any]
    labels: NDArray[Any]

    @classmethod
    def empty(cls) -> "Layer":
        """Return a layer without rows."""
        nothing = np.empty(0, dtype=object)
        return cls(nothing, nothing, nothing)

    def take(self, rows: Any) -> "Layer":
        """Return some rows."""
        return Layer(self.shapes[rows], self.classes[rows], self.labels[rows])

    def ordered(self) -> "Layer":
        """Return the rows in an order that depends on shapes and classes, not on where they stood."""
        keys = [(shapely.to_wkb(s), str(c)) for s, c in zip(shapely.normalize(self.shapes), self.classes, strict=True)]
        return self.take(np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.intp))


@dataclass(frozen=True)
class Land:
    """A district ready to be divided, in the plane.

    Attributes
    ----------
    communities
        Classes are the rule of each, labels its code.
    barriers
        Lines; those around polygons are their rings.
    water
        Polygons of barriers that are water.
    buildings, compounds
        Valid polygons.
    """

    plane: Plane
    vertices: Vertices
    communities: Layer
    barriers: Layer
    water: Shapes
    buildings: Layer
    compounds: Layer
    knows_buildings: bool


def take_land(
    boundary: gpd.GeoDataFrame,
    barriers: Barriers,
    buildings: gpd.GeoDataFrame | None,
    compounds: gpd.GeoDataFrame | None,
    *,
    options: DeriveOptions,
    unmet: Unmet,
) -> Land:
    """Check what is given and bring it into the plane; what cannot be used is listed."""
    crs = _crs_of(boundary, "boundary")
    communities = _communities(boundary, options)
    bounds = shapely.total_bounds(communities.shapes) if len(communities.shapes) else np.zeros(4)
    plane = Plane.around(crs, bounds)
    area = shapely.box(*bounds) if len(communities.shapes) else shapely.Point()
    near = _Near(crs, shapely.buffer(area, _margin(plane, options.snap_m)), unmet)
    lines, water = near.barriers(barriers, options)
    houses = near.polygons(buildings, "buildings", None)
    yards = near.polygons(compounds, "compounds", options.compound_class)
    known = Vertices.of(plane, communities.shapes, houses.shapes, yards.shapes, lines.shapes)

    def inside(layer: Layer) -> Layer:
        return replace(layer, shapes=plane.enter(layer.shapes)).ordered()

    return Land(
        plane,
        known,
        replace(communities, shapes=plane.enter(communities.shapes)),
        inside(lines),
        plane.enter(water),
        inside(houses),
        inside(yards),
        buildings is not None,
    )


def _margin(plane: Plane, width_m: float) -> float:
    """Return a width in the district's own unit."""
    return (width_m + 1.0) * float(np.abs(np.linalg.inv(plane.matrix)).max())


def _crs_of(frame: Any, name: str) -> CRS:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        raise SchemaError("the {name} have no geometry column", name=name)
    if frame.crs is None:
        raise CrsError("{layer} has no coordinate system; declare it", layer=name)
    return CRS(frame.crs)


def _communities(boundary: gpd.GeoDataFrame, options: DeriveOptions) -> Layer:
    """Return one shape for each code, in the order of the codes."""
    for column in (options.community, options.rule_column):
        if column is not None and column not in boundary:
            raise SchemaError(
                "the boundary has no column {column}; it has {columns}",
                column=column,
                columns=some(boundary.columns, most=20),
            )
    codes = boundary[options.community]
    if codes.isna().any() or codes.duplicated().any():
        wrong = codes[codes.isna() | codes.duplicated(keep=False)]
        raise SchemaError(
            "the boundary needs each {column} once; missing or repeated: {codes}",
            column=options.community,
            codes=some(wrong.astype(object).unique()),
        )
    shapes = shapely.force_2d(boundary.geometry.to_numpy())
    wrong = codes[(shapely.get_dimensions(shapes) != _POLYGON) | shapely.is_empty(shapes) | ~shapely.is_valid(shapes)]
    if len(wrong):
        raise GeometryError("communities must be valid polygons; {codes} are not", codes=some(wrong))
    order = np.argsort(codes.astype(str).to_numpy(), kind="stable")
    return Layer(shapes[order], _rules(boundary, options)[order], codes.to_numpy(dtype=object)[order])


def _rules(boundary: gpd.GeoDataFrame, options: DeriveOptions) -> NDArray[Any]:
    if options.rule_column is None:
        return np.full(len(boundary), options.rule, dtype=object)
    rules = boundary[options.rule_column].astype(object)
    rules = rules.where(rules.notna() & (rules.astype(str) != ""), options.rule)
    unknown = sorted({str(rule) for rule in rules} - set(RULES))
    if unknown:
        raise SchemaError("the rule is {found}; it must be town or country", found=some(unknown))
    return rules.to_numpy(dtype=object)


@dataclass(frozen=True)
class _Near:
    """Takes from each layer what lies near the district, in the district's system."""

    crs: CRS
    reach: Any
    unmet: Unmet

    def layer(self, frame: gpd.GeoDataFrame, name: str, column: str | None) -> Layer:
        """Return the rows that touch the district; rows without geometry are listed."""
        _crs_of(frame, name)
        shapes = shapely.force_2d(frame.geometry.to_crs(self.crs).to_numpy())
        known = column is not None and column in frame
        classes = frame[column].astype(object).to_numpy() if known else np.full(len(frame), None, dtype=object)
        classes = (
            np.where(pd.isna(classes), "", classes.astype(str)) if known else np.full(len(frame), "", dtype=object)
        )
        lost = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        if lost.any():
            self.unmet.add("geometry", "{count} rows of the {name} have no geometry", count=int(lost.sum()), name=name)
        rows = np.flatnonzero(~lost)
        rows = rows[shapely.intersects(shapely.box(*shapely.bounds(shapes[rows]).T), self.reach)]
        return Layer(shapes[rows], classes[rows], frame.index.to_numpy()[rows].astype(object))

    def polygons(self, frame: gpd.GeoDataFrame | None, name: str, column: str | None) -> Layer:
        """Return valid polygons; what is no polygon is refused, what is not valid is mended and listed."""
        if frame is None:
            return Layer.empty()
        layer = self.layer(frame, name, column)
        flat = shapely.get_dimensions(layer.shapes) != _POLYGON
        if flat.any():
            raise GeometryError(
                "the {name} must be polygons; rows {rows} are not", name=name, rows=some(layer.labels[flat])
            )
        broken = ~shapely.is_valid(layer.shapes)
        shapes = layer.shapes.copy()
        shapes[broken] = shapely.buffer(shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False), 0)
        if broken.any():
            rows = some(sorted(map(str, layer.labels[broken])))
            self.unmet.add("geometry", "invalid {name} were mended: {rows}", name=name, rows=rows)
        return replace(layer, shapes=shapes).take(~shapely.is_empty(shapes))

    def barriers(self, given: Barriers, options: DeriveOptions) -> tuple[Layer, Shapes]:
        """Return barriers as lines, and the polygons among them that are water."""
        if given is None:
            return Layer.empty(), np.empty(0, dtype=object)
        named = given.items() if isinstance(given, Mapping) else [("", given)]
        layers = [self._one(frame, otherwise, options) for otherwise, frame in named]
        everything = Layer(
            *(np.concatenate([getattr(layer, f) for layer in layers]) for f in ("shapes", "classes", "labels"))
        )
        flat = shapely.get_dimensions(everything.shapes)
        points = flat < _LINE
        if points.any():
            rows = some(everything.labels[points])
            raise GeometryError("barriers must be lines or polygons; rows {rows} are not", rows=rows)
        water = everything.shapes[(flat == _POLYGON) & np.isin(everything.classes, list(WATER))]
        lines = everything.shapes.copy()
        lines[flat == _POLYGON] = shapely.boundary(lines[flat == _POLYGON])
        parts, row = shapely.get_parts(lines, return_index=True)
        return Layer(parts, everything.classes[row], everything.labels[row]), shapely.make_valid(water)

    def _one(self, frame: gpd.GeoDataFrame, otherwise: str, options: DeriveOptions) -> Layer:
        column = next((c for c in (options.barrier_class, "kind") if c in frame), None)
        layer = self.layer(frame, "barriers", column)
        classes = np.where(layer.classes == "", otherwise or _OTHER, layer.classes)
        unknown = ~np.isin(classes, list(options.weights))
        for name in sorted(set(classes[unknown])):
            count = int((classes == name).sum())
            self.unmet.add(
                "barrier_class",
                "the class {name} of {count} barriers is unknown, taken as other",
                name=name,
                count=count,
            )
        classes[unknown] = _OTHER
        weight = np.array([options.weights.get(name, 0.0) for name in classes])
        return replace(layer, classes=classes).take(weight > 0)
