"""The rules of the field: codes, classes, catalogue. Standard library only; the plugin carries this room."""
