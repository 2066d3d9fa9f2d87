"""Geometry that knows no governance: coordinates, coverage, repair, location, ownership."""
