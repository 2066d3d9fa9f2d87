"""Stands in for PyQGIS where it is not to be had for Qt 6: Qt itself is the real PyQt6, QGIS is told apart below."""
