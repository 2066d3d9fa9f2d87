"""Time in the project: cases appear on the day they were reported, gaps of duty while they last."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from qgis.core import (
    QgsDateTimeRange,
    QgsInterval,
    QgsProject,
    QgsTemporalController,
    QgsTemporalNavigationObject,
    QgsUnitTypes,
    QgsVectorLayer,
)
from qgis.core import QgsVectorLayerTemporalProperties as Temporal
from qgis.PyQt.QtCore import QDateTime, Qt

CASE_TIME = "reported_at"
DAY_ENDS = "onemap_day_ends"  # of the project, or of a layer: up to when deadlines count; empty: up to now
ONE_DAY = 1.0


def follow_time(project: QgsProject, cases: QgsVectorLayer | None, gaps: QgsVectorLayer | None) -> None:
    """Let QGIS's temporal controller step through the cases day by day.

    Nothing is hidden until the controller is opened; the project then knows its range and its step.
    """
    if cases is not None and cases.fields().lookupField(CASE_TIME) >= 0:
        _by_day(cases)
        _set_range(project, cases)
    if gaps is not None and gaps.fields().lookupField("from") >= 0:
        _while_it_lasts(gaps)


def show_time(project: QgsProject, controller: QgsTemporalController | None) -> None:
    """Give the window the range and step of a project just made; of itself it asks only one read from a file."""
    settings = project.timeSettings()
    if isinstance(controller, QgsTemporalNavigationObject) and not settings.temporalRange().isInfinite():
        controller.setTemporalExtents(settings.temporalRange())
        controller.setFrameDuration(QgsInterval(settings.timeStep(), settings.timeStepUnit()))


def zone_of(facts: Mapping[str, str]) -> ZoneInfo | None:
    """Return the time zone of the district that a map shows; None where it names none known here: this computer's."""
    try:
        return ZoneInfo(facts["timezone"]) if facts.get("timezone") else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def end_of_day(facts: Mapping[str, str]) -> str:
    """Return the moment in UTC at which the day of a map (its `as_of`) ends; empty where it is of no day."""
    try:
        day = datetime.fromisoformat(facts.get("as_of", "")).date()
        midnight = datetime.combine(day + timedelta(days=1), time(), zone_of(facts)).astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return midnight.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _by_day(layer: QgsVectorLayer) -> None:
    properties: Temporal = layer.temporalProperties()
    properties.setMode(Temporal.TemporalMode.ModeFeatureDateTimeInstantFromField)
    properties.setStartField(CASE_TIME)
    properties.setDurationUnits(QgsUnitTypes.TemporalUnit.TemporalDays)
    properties.setFixedDuration(ONE_DAY)
    properties.setAccumulateFeatures(False)
    properties.setIsActive(True)


def _while_it_lasts(layer: QgsVectorLayer) -> None:
    properties: Temporal = layer.temporalProperties()
    properties.setMode(Temporal.TemporalMode.ModeFeatureDateTimeStartAndEndFromExpressions)
    properties.setStartExpression('to_datetime("from")')
    properties.setEndExpression('to_datetime("to")')
    properties.setIsActive(True)


def _set_range(project: QgsProject, layer: QgsVectorLayer) -> None:
    place = layer.fields().lookupField(CASE_TIME)
    first, last = layer.minimumValue(place), layer.maximumValue(place)
    if not isinstance(first, QDateTime) or not first.isValid():
        return
    begin = QDateTime(first.date(), first.time(), Qt.TimeSpec.UTC)
    end = QDateTime(last.date(), last.time(), Qt.TimeSpec.UTC)
    settings = project.timeSettings()
    settings.setTemporalRange(QgsDateTimeRange(begin, end))
    settings.setTimeStep(ONE_DAY)
    settings.setTimeStepUnit(QgsUnitTypes.TemporalUnit.TemporalDays)
    settings.setFramesPerSecond(2.0)
