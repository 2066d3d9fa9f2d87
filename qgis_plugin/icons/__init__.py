"""Icons, loaded by path; no compiled resources."""

from pathlib import Path

_HERE = Path(__file__).parent


def icon_path(name: str) -> str:
    """Return the path of the icon `name`.svg."""
    return str(_HERE / f"{name}.svg")
