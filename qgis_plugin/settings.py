"""What the plugin remembers, under `onemap/` in QGIS's settings. Empty text means: not set."""

from qgis.core import QgsSettings

PYTHON = "onemap/python"
LAST_FOLDER = "onemap/last_folder"
MATTER = "onemap/matter"
PERSON = "onemap/person"
WHEELS = "onemap/wheels"
DOCK_SEEN = "onemap/dock_seen"
DOCK_WIDTHS = "onemap/dock_widths"  # of the layer tree, the dock and the window, as they were left
LIVE_SOUND = "onemap/live_sound"  # "yes": heard when cases come
LIVE_BADGE = "onemap/live_badge"  # "yes": counted beside the title of the tab, and the window asks for attention


def text(key: str) -> str:
    """Return a setting as text."""
    return str(QgsSettings().value(key, "") or "")


def remember(key: str, value: str) -> None:
    """Store a setting."""
    QgsSettings().setValue(key, value)
