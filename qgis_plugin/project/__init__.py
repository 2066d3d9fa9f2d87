"""The hall's QGIS project, made from a one map: groups, styles, aliases, relative paths."""
