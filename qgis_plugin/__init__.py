"""The QGIS plugin of onemap: opens the one map of a district, shows its cases and findings, runs the library.

This package imports PyQGIS, the standard library and the pure rooms of `onemap` that its zip carries. All
geometry is computed by the library in a process of its own (`engine`).
"""

import sys

OLDEST_PYTHON = (3, 11)


def classFactory(iface):
    """Return the plugin; QGIS calls this once, and nothing heavy is imported before."""
    if sys.version_info < OLDEST_PYTHON:
        needed = ".".join(map(str, OLDEST_PYTHON))
        message = f"The onemap plugin needs Python {needed} or newer inside QGIS."
        raise RuntimeError(message)
    from .plugin import OnemapPlugin

    return OnemapPlugin(iface)
