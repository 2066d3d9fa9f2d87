"""The wall view: figures and themes for leaders, to be looked at only."""
