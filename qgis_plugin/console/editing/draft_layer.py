"""The draft on the map: the cells in the colours of their grids, in a layer of memory; the one map is only read."""

import math
from collections.abc import Iterable, Iterator, Mapping
from os.path import commonprefix

from qgis.core import (
    Qgis,
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureRequest,
    QgsFillSymbol,
    QgsGeometry,
    QgsMapLayer,
    QgsPalLayerSettings,
    QgsProject,
    QgsRendererCategory,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)

from ...project.layers import DRAFT
from ...project.one_map_file import OneMapFile
from ...translation import tr
from ..envelope import Box
from ..tones import on_map

# Twelve hues that most eyes tell apart (Okabe and Ito, and tints of them). Of more grids several have one hue: each is
# named at its middle, and seen from near every cell bears the end of its grid's code.
HUES = (
    "#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#0072B2",
    "#D55E00", "#999999", "#8FD0C0", "#E7A6C8", "#B5A33A", "#7C9CCB",
)  # fmt: skip
OPACITY = 0.45
NOBODY = "#BBBBBB"
_AT_A_TIME, _READING = 200, 0.4  # cells in one step; the share of the work that is reading
_NAMED_AT_A_TIME = 2_000  # cells whose grids are named in one step
_LEGEND = 40  # more grids than that are no legend to be read
_MANY, _FEW_IN_VIEW = 100, 30_000  # more grids than that are named from this scale on only
_NEAR = 8_000  # from this scale on every cell bears the end of its grid's code
_GRID, _HUE, _NAME = 1, 2, 3  # columns of the layer


class DraftLayer:
    """The layer, and which feature is which cell; filled by `steps`, so that no map is too large for the window."""

    def __init__(
        self,
        one_map: OneMapFile,
        grids: dict[str, str],
        crs: QgsCoordinateReferenceSystem,
        *,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self.colours = {grid: HUES[n % len(HUES)] for n, grid in enumerate(sorted({*grids.values()} - {""}))}
        self.layer = QgsVectorLayer(
            f"Polygon?crs={crs.authid()}&field=cell:string(40)&field=grid:string(80)&field=hue:int&field=name:string(80)",
            tr("Draft of the grids"),
            "memory",
        )
        if not self.layer.crs().isValid():
            self.layer.setCrs(crs)
        self.layer.setCustomProperty(DRAFT, True)
        self._fids: dict[str, int] = {}
        self._one_map, self._grids, self._names = one_map, dict(grids), names or {}
        self._bearers: dict[str, str] = {}  # the cell that bears the name of each grid
        self._paint()
        self._label()
        # bounds of each feature; an index of the layer's own is copied whole when it changes while it is drawn
        self._boxes: dict[int, Box] = {}

    def steps(self) -> Iterator[float]:
        """Read the cells and put them into the layer, a few at each step; yield the share done. Then show it."""
        shapes: dict[str, QgsGeometry] = {}
        many = max(1, len(self._grids))
        for _ in _shapes(self._one_map, shapes):
            yield _READING * min(1.0, len(shapes) / many)
        cells = [(cell, grid) for cell, grid in self._grids.items() if cell in shapes]
        for first in range(0, len(cells), _AT_A_TIME):
            self._add({cell: (grid, shapes[cell]) for cell, grid in cells[first : first + _AT_A_TIME]})
            yield _READING + (1.0 - _READING) * first / many
        for some in _portions(self._members()):
            self._name(some)
            yield 1.0
        QgsProject.instance().addMapLayer(self.layer, False)
        QgsProject.instance().layerTreeRoot().insertLayer(0, self.layer).setExpanded(len(self.colours) <= _LEGEND)

    def apply(self, state: dict) -> None:
        """Show what a step changed."""
        for row in state["grids"]:
            if row["grid"] not in self.colours:
                self.colours[row["grid"]] = HUES[len(self.colours) % len(HUES)]
                self._paint()
                self._label()
        provider = self.layer.dataProvider()
        gone = [self._fids.pop(cell) for cell in state["gone"] if cell in self._fids]
        for fid in gone:
            self._boxes.pop(fid, None)
        concerned = {self._grids.pop(cell, "") for cell in state["gone"]}
        changed = {row["cell"]: (row["grid"], QgsGeometry.fromWkt(row["wkt"])) for row in state["changed"]}
        known = {self._fids[cell]: found for cell, found in changed.items() if cell in self._fids}
        if gone:
            provider.deleteFeatures(gone)
        self._boxes |= {fid: _box(shape) for fid, (_, shape) in known.items()}
        if known:
            provider.changeGeometryValues({fid: shape for fid, (_, shape) in known.items()})
            provider.changeAttributeValues(
                {fid: {_GRID: grid, _HUE: self._hue(grid)} for fid, (grid, _) in known.items()}
            )
        self._add({cell: found for cell, found in changed.items() if cell not in self._fids})
        for cell, (grid, _) in changed.items():
            concerned |= {self._grids.get(cell, ""), grid}
            self._grids[cell] = grid
        members = self._members()
        self._name({grid: members.get(grid, []) for grid in concerned})
        self.layer.updateExtents()
        self.layer.triggerRepaint()

    def chosen(self) -> list[str]:
        """Return the codes of the cells that are selected."""
        return sorted(str(feature["cell"]) for feature in self.layer.selectedFeatures())

    def toggle(self, x: float, y: float) -> str:
        """Select the cell at a spot of the map, or let go of it; return its code, empty where there is none."""
        spot = QgsGeometry.fromWkt(f"POINT({x!r} {y!r})")
        near = [
            fid for fid, (west, south, east, north) in self._boxes.items() if west <= x <= east and south <= y <= north
        ]
        for feature in self.layer.getFeatures(QgsFeatureRequest().setFilterFids(near)):
            if feature.geometry().intersects(spot):
                ids = set(self.layer.selectedFeatureIds()) ^ {feature.id()}
                self.layer.selectByIds(list(ids))
                return str(feature["cell"])
        return ""

    def hide(self, away: bool) -> None:
        """Keep the layer out of the layer tree, or let it be seen there."""
        private = QgsMapLayer.LayerFlag.Private
        self.layer.setFlags(self.layer.flags() | private if away else self.layer.flags() & ~private)

    def remove(self) -> None:
        """Take the draft off the map."""
        if self.layer.id() in QgsProject.instance().mapLayers():
            QgsProject.instance().removeMapLayer(self.layer.id())

    def _add(self, cells: dict[str, tuple[str, QgsGeometry]]) -> None:
        features = []
        for cell, (grid, shape) in cells.items():
            feature = QgsFeature(self.layer.fields())
            feature.setAttributes([cell, grid, self._hue(grid), ""])
            feature.setGeometry(shape)
            features.append(feature)
        done, added = self.layer.dataProvider().addFeatures(features)
        if done:
            self._fids |= {str(feature["cell"]): feature.id() for feature in added}
            self._boxes |= {feature.id(): _box(feature.geometry()) for feature in added}

    def _members(self) -> dict[str, list[str]]:
        """Return the cells of each grid that are in the layer."""
        found: dict[str, list[str]] = {}
        for cell, grid in self._grids.items():
            if grid and cell in self._fids:
                found.setdefault(grid, []).append(cell)
        return found

    def _name(self, grids: dict[str, list[str]]) -> None:
        """Let the middle cell of each of these grids bear its name: a drawing looks into no other cells."""
        old = [self._bearers.pop(grid) for grid in grids if grid in self._bearers]
        values = {self._fids[cell]: {_NAME: ""} for cell in old if cell in self._fids}
        for grid, cells in grids.items():
            if cells and grid:
                cell = self._bearers[grid] = _middle({cell: self._boxes[self._fids[cell]] for cell in cells})
                values[self._fids[cell]] = {_NAME: self._names.get(grid) or grid}
        if values:
            self.layer.dataProvider().changeAttributeValues(values)

    def _hue(self, grid: str) -> int:
        return HUES.index(self.colours[grid]) if grid in self.colours else -1

    def _paint(self) -> None:
        """Paint each grid; many grids share few symbols, for the window waits while QGIS copies them for a drawing."""
        if len(self.colours) <= _LEGEND:
            field, classes = (
                "grid",
                [(grid, colour, self._names.get(grid) or grid) for grid, colour in self.colours.items()],
            )
            nobody: str | int = ""
        else:
            field, classes = "hue", [(number, colour, "") for number, colour in enumerate(HUES)]
            nobody = -1
        line = on_map("grid_line").name()
        categories = []
        for value, colour, title in [*classes, (nobody, NOBODY, tr("no grid"))]:
            symbol = QgsFillSymbol.createSimple({"color": colour, "outline_color": line, "outline_width": "0.3"})
            symbol.setOpacity(OPACITY)
            categories.append(QgsRendererCategory(value, symbol, title))
        self.layer.setRenderer(QgsCategorizedSymbolRenderer(field, categories))

    def _label(self) -> None:
        text = QgsTextFormat()
        text.setSize(7.5)
        text.setColor(on_map("ink"))
        halo = QgsTextBufferSettings()
        halo.setEnabled(True)
        halo.setSize(0.8)
        halo.setColor(on_map("halo"))
        text.setBuffer(halo)
        labels = QgsPalLayerSettings()
        ending = f'substr("grid", {1 + len(_common(self.colours))})'
        labels.fieldName = f'if(@map_scale > {_NEAR}, "name", {ending})'
        labels.isExpression = True  # the code of the cell stands in the layer below
        labels.setFormat(text)
        labels.scaleVisibility = len(self.colours) > _MANY
        labels.minimumScale = _FEW_IN_VIEW
        labels.placement = Qgis.LabelPlacement.OverPoint  # around small areas QGIS tries many places for long
        labels.priority = 10  # what is edited goes before what is known
        self.layer.setLabeling(QgsVectorLayerSimpleLabeling(labels))
        self.layer.setLabelsEnabled(True)


def _common(codes: Iterable[str]) -> str:
    """Return what all codes begin with: on every cell it would bury the map. Something is left of each of them."""
    among = list(codes)
    shared = commonprefix(among) if len(among) > 1 else ""  # noqa: RUF071 - letters are what is compared
    return shared[:-1] if shared in among else shared


def _portions(members: Mapping[str, list[str]]) -> Iterator[dict[str, list[str]]]:
    """Yield a few grids with their cells at a time."""
    some: dict[str, list[str]] = {}
    cells = 0
    for grid, own in members.items():
        some[grid] = own
        cells += len(own)
        if cells >= _NAMED_AT_A_TIME:
            yield some
            some, cells = {}, 0
    yield some


def _middle(boxes: Mapping[str, Box]) -> str:
    """Return the cell that lies nearest to the middle of all."""
    spots = {cell: ((west + east) / 2, (south + north) / 2) for cell, (west, south, east, north) in boxes.items()}
    x, y = (sum(spot[axis] for spot in spots.values()) / len(spots) for axis in (0, 1))
    return min(spots, key=lambda cell: (math.hypot(spots[cell][0] - x, spots[cell][1] - y), cell))


def _box(shape: QgsGeometry) -> Box:
    found = shape.boundingBox()
    return found.xMinimum(), found.yMinimum(), found.xMaximum(), found.yMaximum()


def _shapes(one_map: OneMapFile, found: dict[str, QgsGeometry]) -> Iterator[None]:
    """Collect the land of each cell, a few at each step; rows with one code are one cell."""
    level = one_map.levels[-1]
    options = QgsVectorLayer.LayerOptions()
    options.forceReadOnly = True
    options.loadDefaultStyle = False
    layer = QgsVectorLayer(f"{one_map.path}|layername={level}", level, "ogr", options)
    code = level.removeprefix("grid_") + "_code"
    place = layer.fields().lookupField(code)
    request = QgsFeatureRequest().setSubsetOfAttributes([place])
    for number, feature in enumerate(layer.getFeatures(request), start=1):
        cell = str(feature[place])
        shape = QgsGeometry(feature.geometry())
        found[cell] = found[cell].combine(shape) if cell in found else shape
        if number % _AT_A_TIME == 0:
            yield
