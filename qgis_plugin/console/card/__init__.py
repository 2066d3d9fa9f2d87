"""What stands under a list: the card of the chosen row, and what can be done with it."""
