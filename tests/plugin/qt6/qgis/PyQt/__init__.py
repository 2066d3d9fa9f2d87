"""PyQt6 under the names by which QGIS gives it to plugins; nothing is added that PyQt6 lacks."""
