"""From raw files to the one map."""
