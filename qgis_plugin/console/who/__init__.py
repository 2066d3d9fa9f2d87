"""Who answers here? Asked with a click, a line or an area."""
