"""The note with which a shift hands over to the next."""
