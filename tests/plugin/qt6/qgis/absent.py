"""A class for each name of PyQGIS: it can be imported and named in annotations; whoever uses it is told that it is absent."""


class Absent:
    """Not there."""

    def __init__(self, *_: object, **__: object) -> None:
        raise NotImplementedError(f"{type(self).__name__}: there is no PyQGIS on Qt 6 here")


def absent(module: str, name: str) -> type:
    """Return the class that stands for a name."""
    if not name.startswith("Qg"):
        raise AttributeError(name)
    return type(name, (Absent,), {"__module__": module})
