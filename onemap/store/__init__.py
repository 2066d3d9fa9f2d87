"""The one map on disk: a GeoPackage that appears whole or not at all."""
