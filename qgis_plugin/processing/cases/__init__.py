"""Cases given to cells."""
