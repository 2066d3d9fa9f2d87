"""The outside world into frames: vectors, tables, rasters, encodings."""
