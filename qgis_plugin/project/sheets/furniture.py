"""What stands on a sheet: maps, text, legend, scale, north, source and date, seal and marks. Lengths in millimetres."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qgis.core import (
    Qgis,
    QgsFillSymbol,
    QgsLayoutFrame,
    QgsLayoutItem,
    QgsLayoutItemAttributeTable,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemPage,
    QgsLayoutItemPolygon,
    QgsLayoutItemScaleBar,
    QgsLayoutItemShape,
    QgsLayoutMeasurement,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLayoutTable,
    QgsLayoutTableColumn,
    QgsLegendRenderer,
    QgsLegendStyle,
    QgsLineSymbol,
    QgsMapLayer,
    QgsMapLayerLegendUtils,
    QgsPrintLayout,
    QgsProject,
    QgsScaleBarSettings,
    QgsSymbol,
    QgsTextFormat,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QPointF, Qt
from qgis.PyQt.QtGui import QColor, QPolygonF

from ..letters import text
from ..palette import light
from .fitting import Fit, line_shown, list_shown, size_for

EDGE = 6.0
WIDE = 90.0
MARGIN = 0.5  # of a table's cells
ROW, LOWEST = 0.58, 4.5  # of a table: height of a row in millimetres a point of its letters; least points
LIST = "duties"
# The map's own system as the printed atlas calls it; QGIS's words where the project was given another one since.
SYSTEM = (
    "[% if(@project_crs = @onemap_system_code, @onemap_system,"
    " concat(@project_crs_description, ' (', @project_crs, ')')) %]"
)
# The same on two lines: a Chinese name has no blanks at which QGIS could break it.
SYSTEM_BELOW = SYSTEM.replace(" @onemap_system,", " replace(@onemap_system, '（', '\\n（'),")
MM = Qgis.LayoutUnit.Millimeters


@dataclass(frozen=True)
class Box:
    """A place on the paper."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class LegendLine:
    """One line of a legend: the layer's first sign, or another symbol in its place."""

    layer: QgsMapLayer
    title: str
    symbol: QgsSymbol | None = None


class Sheet:
    """One print layout while it is being furnished."""

    def __init__(self, project: QgsProject, name: str, tr: Callable[..., str], *, upright: bool = False) -> None:
        self.layout = QgsPrintLayout(project)
        self.layout.initializeDefaults()
        self.layout.setName(name)
        self.layout.renderContext().setDpi(300)
        self.tr = tr
        self.width, self.height = (297.0, 420.0) if upright else (420.0, 297.0)
        turned = QgsLayoutItemPage.Orientation.Portrait if upright else QgsLayoutItemPage.Orientation.Landscape
        self.layout.pageCollection().page(0).setPageSize("A3", turned)
        self.frame(Box(EDGE, EDGE, self.width - 2 * EDGE, self.height - 2 * EDGE), 0.5)

    def place(self, item: QgsLayoutItem, box: Box, name: str = "") -> QgsLayoutItem:
        """Put an item on the page."""
        self.layout.addLayoutItem(item)
        item.attemptMove(QgsLayoutPoint(box.x, box.y, MM))
        item.attemptResize(QgsLayoutSize(box.width, box.height, MM))
        if name:
            item.setId(name)
        return item

    def label(
        self, words: str, box: Box, letters: QgsTextFormat, *, across: str = "left", down: str = "top", name: str = ""
    ) -> QgsLayoutItemLabel:
        """Write text; expressions stand inside ``[% %]``."""
        made = QgsLayoutItemLabel(self.layout)
        made.setText(words)
        made.setTextFormat(letters)
        made.setMarginX(0.0)
        made.setMarginY(0.0)
        flag = Qt.AlignmentFlag
        made.setHAlign({"left": flag.AlignLeft, "centre": flag.AlignHCenter, "right": flag.AlignRight}[across])
        made.setVAlign({"top": flag.AlignTop, "middle": flag.AlignVCenter, "bottom": flag.AlignBottom}[down])
        self.place(made, box, name)
        return made

    def fitted(
        self, shown: Sequence[str], fits: Sequence[Fit], box: Box, *, ink: str = "ink", bold: bool = False, name: str
    ) -> None:
        """Write a text in the largest letters that hold it: an expression for each size, all but one empty."""
        for number, (expression, fit) in enumerate(zip(shown, fits, strict=True), 1):
            down = "top" if name == LIST else "middle"
            item = name if number == 1 else f"{name} {number}"
            self.label(f"[% {expression} %]", box, text(fit.points, ink=ink, bold=bold), down=down, name=item)

    def line(self, expression: str, box: Box, *points: float, ink: str = "ink", bold: bool = False, name: str) -> None:
        """Write one line in the largest of these sizes that holds it."""
        fits = [Fit.of(size, box.width, box.height) for size in points]
        self.fitted(line_shown(expression, fits), fits, box, ink=ink, bold=bold, name=name)

    def listing(self, texts: str, box: Box, *points: float) -> None:
        """Write a list in the largest of these sizes that holds it; what has no room is counted at its end."""
        tr = self.tr
        fits = [Fit.of(size, box.width, box.height) for size in points]
        self.fitted(list_shown(texts, fits, more=tr("… {count} more")), fits, box, name=LIST)

    def frame(self, box: Box, width: float, *, dashed: bool = False) -> None:
        """Draw a neat line."""
        shape = QgsLayoutItemShape(self.layout)
        shape.setShapeType(QgsLayoutItemShape.Shape.Rectangle)
        style = {
            "style": "no",
            "outline_color": light("rule" if dashed else "ink"),
            "outline_width": str(width),
            "outline_style": "dash" if dashed else "solid",
        }
        shape.setSymbol(QgsFillSymbol.createSimple(style))
        self.place(shape, box)

    def map(self, box: Box, theme: str, name: str, *, border: float = 0.3) -> QgsLayoutItemMap:
        """Add a map that follows a theme."""
        made = QgsLayoutItemMap(self.layout)
        made.setFollowVisibilityPreset(True)
        made.setFollowVisibilityPresetName(theme)
        made.setBackgroundColor(QColor(light("paper")))
        made.setFrameEnabled(True)
        made.setFrameStrokeColor(QColor(light("ink")))
        made.setFrameStrokeWidth(QgsLayoutMeasurement(border, MM))
        self.place(made, box, name)
        return made

    def legend(self, box: Box, drawn: QgsLayoutItemMap, lines: Sequence[LegendLine]) -> None:
        """Add the legend of a map: of these layers, what the map really shows, one line a layer."""
        tr = self.tr
        self.label(tr("Legend"), Box(box.x, box.y, box.width, 6), text(11, bold=True))
        made = QgsLayoutItemLegend(self.layout)
        made.setTitle("")
        made.setAutoUpdateModel(False)
        made.setLinkedMap(drawn)
        model = made.model()
        root = model.rootGroup()
        root.removeAllChildren()
        for line in lines:
            node = root.addLayer(line.layer)
            node.setName(line.title)
            QgsMapLayerLegendUtils.setLegendNodeOrder(node, [0])
            QgsMapLayerLegendUtils.setLegendNodeUserLabel(node, 0, line.title)
            if line.symbol is not None:
                QgsMapLayerLegendUtils.setLegendNodeCustomSymbol(node, 0, line.symbol)
            QgsLegendRenderer.setNodeLegendStyle(node, QgsLegendStyle.Style.Hidden)
            model.refreshLayerLegend(node)
        parts = QgsLegendStyle.Style
        for part in (parts.Symbol, parts.SymbolLabel, parts.Subgroup, parts.Group):
            style = made.style(part)
            style.setTextFormat(text(8.5))
            style.setMargin(QgsLegendStyle.Side.Top, 1.3)
            made.setStyle(part, style)
        made.setSymbolWidth(9.0)
        made.setSymbolHeight(3.6)
        made.setBoxSpace(0.0)
        made.setLegendFilterByMapEnabled(True)
        made.setResizeToContents(True)
        self.place(made, Box(box.x, box.y + 7, box.width, box.height - 7), "legend")

    def scale(self, box: Box, drawn: QgsLayoutItemMap) -> None:
        """Add the scale as a number and as a bar."""
        number = f"1:[% format_number(map_get(item_variables('{drawn.id()}'), 'map_scale'), 0) %]"
        self.label(number, Box(box.x, box.y, box.width, 7), text(13, bold=True), name="scale")
        bar = QgsLayoutItemScaleBar(self.layout)
        bar.setStyle("Single Box")
        bar.setLinkedMap(drawn)
        bar.setUnits(Qgis.DistanceUnit.Meters)
        bar.setUnitLabel("m")
        bar.setNumberOfSegments(4)
        bar.setNumberOfSegmentsLeft(0)
        bar.setSegmentSizeMode(QgsScaleBarSettings.SegmentSizeMode.SegmentSizeFitWidth)
        bar.setMinimumBarWidth(0.4 * box.width)  # between these two QGIS finds a length of one digit at any scale
        bar.setMaximumBarWidth(0.95 * box.width)
        bar.setHeight(1.6)
        bar.setBoxContentSpace(0.0)
        bar.setTextFormat(text(7.5))
        thin = {"outline_color": light("ink"), "outline_width": "0.25"}
        bar.setFillSymbol(QgsFillSymbol.createSimple({"color": light("ink"), **thin}))
        bar.setAlternateFillSymbol(QgsFillSymbol.createSimple({"color": light("surface"), **thin}))
        bar.setLineSymbol(QgsLineSymbol.createSimple({"color": light("ink"), "width": "0.25"}))
        self.place(bar, Box(box.x, box.y + 8, box.width, 10), "scale bar")

    def north(self, box: Box) -> None:
        """Draw the arrow to grid north: half of it filled."""
        tr = self.tr
        middle, top, bottom = box.width / 2, 6.0, box.height
        self.label(tr("N"), Box(box.x, box.y, box.width, 5.5), text(11, bold=True), across="centre")
        for sign, fill in ((-1, "surface"), (1, "ink")):
            corners = ((middle, top), (middle + sign * 0.32 * box.width, bottom), (middle, 0.8 * bottom + 0.2 * top))
            outline = QPolygonF([QPointF(box.x + x, box.y + y) for x, y in corners])
            half = QgsLayoutItemPolygon(outline, self.layout)
            style = {"color": light(fill), "outline_color": light("ink"), "outline_width": "0.25"}
            half.setSymbol(QgsFillSymbol.createSimple(style))
            self.layout.addLayoutItem(half)

    def seal(self, box: Box) -> None:
        """Leave room for a seal."""
        tr = self.tr
        self.frame(box, 0.3, dashed=True)
        self.label(tr("(seal)"), box, text(8, ink="ink_quiet"), across="centre", down="middle")

    def facts(self, box: Box) -> None:
        """Write where the sheet comes from: reference system, date, source, version, maker, time of print."""
        tr = self.tr
        pairs = (
            (tr("Reference system"), SYSTEM if box.width >= WIDE else SYSTEM_BELOW),
            (tr("Data as of"), "[% @onemap_as_of %]"),
            (tr("Source"), "[% @onemap_source %]"),
            (tr("Version"), "[% @onemap_version %]"),
            (tr("Made by"), "[% @onemap_maker %]"),
            (tr("Printed"), "[% format_date(now(), 'yyyy-MM-dd HH:mm') %]"),
            (tr("Approval number"), "[% @onemap_approval %]"),
        )
        step, shift = box.height / (len(pairs) + 1), 24.0
        y = box.y
        for word, value in pairs:
            rows = 2 if word == pairs[0][0] and box.width < WIDE else 1  # its name is long
            # an approval number is asked for by law only where the map leaves the house: no empty line without it
            said = f"[% if(coalesce(@onemap_approval, '') = '', '', '{word}') %]" if word == pairs[-1][0] else word
            self.label(said, Box(box.x, y, shift, step), text(7, ink="ink_quiet"))
            self.label(value, Box(box.x + shift, y, box.width - shift, rows * step), text(7))
            y += rows * step

    def marks(self, box: Box, drawn: Box) -> None:
        """Write the mark of classification and the user's watermark where the project's variables name them."""
        mark = self.label(
            "[% @onemap_classification %]", box, text(12, bold=True, ink="bad"), across="right", down="middle"
        )
        mark.setId("classification")
        faint = text(30, ink="ink_quiet")
        faint.setOpacity(0.14)
        water = self.label(
            "[% @onemap_watermark %]",
            Box(drawn.x, drawn.y + drawn.height / 2 - 12, drawn.width, 24),
            faint,
            across="centre",
            down="middle",
            name="watermark",
        )
        water.setExcludeFromExports(False)

    def table(
        self,
        box: Box,
        layer: QgsVectorLayer,
        columns: Sequence[tuple[str, str, float]],
        rows_that: str,
        *,
        most: int,
        largest: float = 7.0,
    ) -> None:
        """List rows of a layer: heading, expression and width of each column.

        Letters, of ``largest`` points at most, shrink so that ``most`` rows have room; where even the smallest letters
        do not make it, the sheet says how many rows are left off.
        """
        points = max(LOWEST, min(7.0, largest, box.height / (most + 2) / ROW))
        room = int(box.height / (ROW * points)) - 2
        quiet = text(points, ink="ink_quiet")
        said = min(
            size_for([heading], width - 2 * MARGIN, quiet) for heading, _, width in columns
        )  # QGIS cuts them off
        quiet.setSize(max(LOWEST, min(points, said)))
        made = QgsLayoutItemAttributeTable.create(self.layout)
        self.layout.addMultiFrame(made)
        made.setVectorLayer(layer)
        listed = []
        for heading, expression, width in columns:
            column = QgsLayoutTableColumn(heading)
            column.setAttribute(expression)
            column.setWidth(width - 2 * MARGIN)
            listed.append(column)
        made.setColumns(listed)  # first: for rows without columns QGIS writes beyond its memory
        made.setFilterFeatures(True)
        made.setFeatureFilter(rows_that)
        made.setMaximumNumberOfFeatures(room)
        made.setContentTextFormat(text(points))
        made.setHeaderTextFormat(quiet)
        made.setCellMargin(MARGIN)
        made.setGridColor(QColor(light("rule")))
        made.setGridStrokeWidth(0.15)
        made.setVerticalGrid(False)
        made.setHeaderHAlignment(QgsLayoutTable.HeaderHAlignment.HeaderLeft)
        part = QgsLayoutFrame(self.layout, made)
        made.addFrame(part)
        part.attemptMove(QgsLayoutPoint(box.x, box.y, MM))
        part.attemptResize(QgsLayoutSize(box.width, box.height, MM))
        part.setId("table")
        if most > room:
            count = f"aggregate('{layer.id()}', 'count', $id, {rows_that})"
            more = f"[% if({count} > {room}, '+ ' || ({count} - {room}), '') %]"
            self.label(more, Box(box.x, box.y + box.height, box.width, 4), text(7, ink="ink_quiet"), name="left off")

    def follow(self, coverage: QgsVectorLayer, *, name: str, file: str, that: str = "", by: str = "") -> None:
        """Make a page for each feature of a layer."""
        atlas = self.layout.atlas()
        atlas.setEnabled(True)
        atlas.setCoverageLayer(coverage)
        atlas.setHideCoverage(False)
        atlas.setPageNameExpression(name)
        atlas.setFilenameExpression(file)
        if that:
            atlas.setFilterFeatures(True)
            atlas.setFilterExpression(that)
        if by:
            atlas.setSortFeatures(True)
            atlas.setSortExpression(by)


def follows_feature(drawn: QgsLayoutItemMap, *, only_own_names: bool) -> None:
    """Let a map show the atlas's feature at the largest round scale that holds it."""
    drawn.setAtlasDriven(True)
    drawn.setAtlasScalingMode(QgsLayoutItemMap.AtlasScalingMode.Predefined)
    if not only_own_names:
        return
    clipping = drawn.atlasClippingSettings()
    clipping.setEnabled(True)
    clipping.setRestrictToLayers(True)
    clipping.setLayersToClip([])
    clipping.setForceLabelsInsideFeature(True)
