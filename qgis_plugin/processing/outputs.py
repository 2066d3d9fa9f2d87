"""What algorithms give: the tables of the library's file put into sinks of Processing, styled; files; figures."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureSink,
    QgsFields,
    QgsGeometry,
    QgsMapLayer,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterFolderDestination,
    QgsProcessingUtils,
    QgsProviderRegistry,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..project.layers import LAYER_ID, dress
from ..project.legend import switch_on
from ..project.tints import show_as_groups
from ..translation import language, tr
from .call import Call
from .look import Mark, show_by, show_like

KEY = "fid"  # GeoPackage's own row number: no column of the answer
_SHAPES = QgsWkbTypes.Type
AREA, LINE, POINT, NONE = _SHAPES.MultiPolygon, _SHAPES.MultiLineString, _SHAPES.Point, _SHAPES.NoGeometry


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of the answer as a layer.

    Attributes
    ----------
    name, title, help
        The parameter's name, and what the user reads of it.
    table
        Its name in the library's file; empty: the first one.
    shape
        The geometries taken from it; those of another kind belong to another output.
    like
        The input whose kind of geometry and whose look it has, instead of ``shape``.
    style
        Definition of the catalogue whose style and titles the layer gets.
    groups
        Instead of a style: its areas are groups, each with a tint of its own, and labelled by this expression.
    by, marks
        Instead of a style: the column by which rows are told apart, and the marks of its values.
    only
        A column and the values taken from it.
    renamed
        Columns that the definition calls by another name.
    extra
        Whether it may be left out: then it is not shown where it is empty.
    asked
        Whether it is left out unless the caller asks for it.
    """

    name: str
    title: str
    help: str
    table: str = ""
    shape: QgsWkbTypes.Type = NONE
    like: str = ""
    style: str = ""
    groups: str = ""
    by: str = ""
    marks: tuple[Mark, ...] = ()
    only: tuple[str, tuple[str, ...]] = ("", ())
    renamed: tuple[tuple[str, str], ...] = ()
    extra: bool = False
    asked: bool = False

    def definition(self) -> QgsProcessingParameterDefinition:
        """Return the sink's parameter."""
        kinds = {
            AREA: QgsProcessing.SourceType.TypeVectorPolygon,
            LINE: QgsProcessing.SourceType.TypeVectorLine,
            POINT: QgsProcessing.SourceType.TypeVectorPoint,
            NONE: QgsProcessing.SourceType.TypeVector,
        }
        kind = QgsProcessing.SourceType.TypeVectorAnyGeometry if self.like else kinds[self.shape]
        made = QgsProcessingParameterFeatureSink(self.name, self.title, kind, optional=self.extra or self.asked)
        made.setCreateByDefault(not self.asked)
        made.setHelp(self.help)
        return made

    def fill(self, call: Call, path: str) -> str:
        """Put the rows into the sink that the caller wants; return what it is called, empty where he wants none."""
        source = open_table(path, self.table)
        kept = [at for at, field in enumerate(source.fields()) if field.name() != KEY]
        fields = self._fields(source, kept)
        shape = self._shape(call)
        system = QgsCoordinateReferenceSystem() if shape == NONE or _is_unknown(source.crs()) else source.crs()
        sink, made = call.algorithm.parameterAsSink(call.parameters, self.name, call.context, fields, shape, system)
        if sink is None:
            if (self.extra or self.asked) and not made:
                return ""
            raise QgsProcessingException(call.algorithm.invalidSinkError(call.parameters, self.name))
        filled = False
        for row in self._rows(source):  # to the end, also when stopped now: nothing is left half written
            filled = True
            feature = QgsFeature(fields)
            values = row.attributes()
            feature.setAttributes([values[at] for at in kept])
            if shape != NONE:
                feature.setGeometry(of_shape(row.geometry(), shape))
            if not sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert):
                raise QgsProcessingException(call.algorithm.writeFeatureError(sink, call.parameters, self.name))
        if self.extra and not filled and call.context.willLoadLayerOnCompletion(made):  # nobody asked for it
            wanted = call.context.layersToLoadOnCompletion()
            call.context.setLayersToLoadOnCompletion({name: wanted[name] for name in wanted if name != made})
        return made

    def show(self, made: str, context: QgsProcessingContext, given: QgsVectorLayer | None) -> None:
        """Style the layer that Processing is about to load; it finds the very same one in the run's store.

        ``given`` is the layer whose look it shall have, where it shall have one's.
        """
        if not context.willLoadLayerOnCompletion(made):
            return
        layer = QgsProcessingUtils.mapLayerFromString(made, context)
        if layer is None:
            return
        if self.groups:
            show_as_groups(layer, label=self.groups)
        elif self.by:
            show_by(layer, self.by, self.marks)
        elif given is not None:
            show_like(layer, given)
        elif self.style:
            dress_result(layer, self.style)

    def _fields(self, source: QgsVectorLayer, kept: list[int]) -> QgsFields:
        made = QgsFields()
        new_names = dict(self.renamed)
        for at in kept:
            field = source.fields().at(at)
            field.setName(new_names.get(field.name(), field.name()))
            made.append(field)
        return made

    def _shape(self, call: Call) -> QgsWkbTypes.Type:
        if not self.like:
            return self.shape
        source = call.algorithm.parameterAsSource(call.parameters, self.like, call.context)
        kind = QgsWkbTypes.geometryType(source.wkbType())
        kinds = QgsWkbTypes.GeometryType
        return {kinds.PolygonGeometry: AREA, kinds.LineGeometry: LINE}.get(kind, POINT)

    def _rows(self, source: QgsVectorLayer) -> Iterator[QgsFeature]:
        """Yield the rows that belong here: of the values wanted, and of no other kind of geometry."""
        column, values = self.only
        wanted = QgsWkbTypes.geometryType(self.shape)
        at = source.fields().lookupField(column) if column else -1
        for row in source.getFeatures():
            if column and row.attributes()[at] not in values:
                continue
            others = (self.shape in (AREA, LINE)) and row.hasGeometry() and row.geometry().type() != wanted
            if not others:
                yield row


@dataclass(frozen=True, kw_only=True)
class Written:
    """A file that the library writes by itself; with ``folder``, a folder."""

    name: str
    title: str
    help: str
    option: str = "--out"
    filter: str = ""
    folder: bool = False
    extra: bool = False

    def definition(self) -> QgsProcessingParameterDefinition:
        """Return the parameter of the file or folder to be written."""
        if self.folder:
            made = QgsProcessingParameterFolderDestination(self.name, self.title, optional=self.extra)
        else:
            made = QgsProcessingParameterFileDestination(
                self.name, self.title, self.filter, optional=self.extra, createByDefault=not self.extra
            )
        made.setHelp(self.help)
        return made

    def path(self, call: Call) -> str:
        """Return where it is to be written; empty where nobody wants it."""
        if self.folder:
            return call.algorithm.parameterAsString(call.parameters, self.name, call.context)
        return call.algorithm.parameterAsFileOutput(call.parameters, self.name, call.context)

    def say(self, call: Call) -> None:
        """Add the file to the command line, its folder made."""
        path = self.path(call)
        if path:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            call.say(self.option, path)


def _is_unknown(system: QgsCoordinateReferenceSystem) -> bool:
    """Tell whether a file says only that it has coordinates: GCJ-02 has no code, QGIS would try to transform it."""
    return system.type() == Qgis.CrsType.Engineering


def dress_result(layer: QgsMapLayer, layer_id: str) -> None:
    """Style a result as a layer of the map is styled; it looks like one, and is none."""
    dress(layer, layer_id, language=language())
    layer.removeCustomProperty(LAYER_ID)
    layer.setScaleBasedVisibility(False)  # an answer is seen at once, from afar too,
    if isinstance(layer, QgsVectorLayer) and layer.isSpatial() and layer_id == "case":
        switch_on(layer, "settled")  # and whole
    layer.triggerRepaint()


def open_table(path: str, table: str) -> QgsVectorLayer:
    """Open one table of the library's file.

    Raises
    ------
    QgsProcessingException
        It is not there.
    """
    name = table or QgsProviderRegistry.instance().querySublayers(path)[0].name()
    layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
    if not layer.isValid():
        raise QgsProcessingException(tr("{name}: the layer cannot be read", name=name))
    return layer


def of_shape(geometry: QgsGeometry, shape: QgsWkbTypes.Type) -> QgsGeometry:
    """Return a geometry as its layer holds it: parts of one kind together, whatever they came in."""
    if geometry.isNull() or geometry.wkbType() == shape:
        return geometry
    parts = geometry.coerceToType(shape)
    return parts[0] if len(parts) == 1 else QgsGeometry.collectGeometry(parts)
