"""The dock: findings and cases in lists, filtered, shown on the map."""
