"""The parts of the report, one module each: what is said, with which maps and tables."""
