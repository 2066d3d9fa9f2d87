"""Cells moved between grids, split and merged; saved as a new version."""
