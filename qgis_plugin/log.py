"""Messages of the plugin in QGIS's own log panel, under the tab "onemap"."""

from qgis.core import Qgis, QgsMessageLog

TAB = "onemap"


def note(message: str) -> None:
    """Log what happened."""
    QgsMessageLog.logMessage(message, TAB, Qgis.MessageLevel.Info)


def warn(message: str) -> None:
    """Log what the user should look at."""
    QgsMessageLog.logMessage(message, TAB, Qgis.MessageLevel.Warning)
