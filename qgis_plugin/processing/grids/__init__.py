"""The division of the land: made, numbered, proved, repaired, changed."""
