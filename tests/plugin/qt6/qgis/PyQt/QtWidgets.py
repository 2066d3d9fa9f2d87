"""QAction moved to QtGui in Qt 6; QGIS's own bindings keep it here as well."""

from PyQt6.QtGui import QAction  # noqa: F401
from PyQt6.QtWidgets import *  # noqa: F403
