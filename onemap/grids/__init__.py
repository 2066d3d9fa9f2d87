"""Levels of grids and the proof that they nest."""
