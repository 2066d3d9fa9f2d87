"""The report: one HTML file, its maps and its tables."""
