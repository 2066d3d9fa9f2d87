"""Make the plugin's zip: dist/onemap_center.zip, the same bytes from the same sources.

The zip holds the plugin and the pure rooms of the library (domain, errors, translation) with the layer
definitions and styles, so that the plugin needs nothing but QGIS to open a map. Standard library only.
"""

import argparse
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "onemap_center"
MOST_BYTES = 25_000_000
# A zip has no time zone and begins in 1980; a fixed moment makes the bytes depend on the content alone.
MOMENT = (2020, 1, 1, 0, 0, 0)
PURE_ROOMS = ("__init__.py", "errors.py", "translation.py", "domain", "translations")
SUFFIXES = frozenset({".py", ".toml", ".svg", ".qml", ".txt", ".html", ".md"})


def contents() -> Iterator[tuple[str, Path]]:
    """Yield the files of the zip: name inside, file here."""
    yield f"{NAME}/metadata.txt", ROOT / "metadata.txt"
    yield f"{NAME}/LICENSE", ROOT / "qgis_plugin" / "LICENSE"
    yield f"{NAME}/onemap/LICENSE", ROOT / "LICENSE"
    yield from _below(ROOT / "qgis_plugin", NAME)
    for room in PURE_ROOMS:
        source = ROOT / "onemap" / room
        if source.is_dir():
            yield from _below(source, f"{NAME}/onemap/{room}")
        else:
            yield f"{NAME}/onemap/{room}", source
    yield from _below(ROOT / "layers", f"{NAME}/onemap/layers")
    yield from _below(ROOT / "styles", f"{NAME}/onemap/styles")


def _below(folder: Path, inside: str) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith((".", "__pycache__")) for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path.suffix in SUFFIXES:
            yield f"{inside}/{path.relative_to(folder).as_posix()}", path


def build(target: Path) -> Path:
    """Write the zip and return its path."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as archive:
        for name, path in sorted(contents()):
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3
            archive.writestr(entry, path.read_bytes(), compresslevel=9)
    if target.stat().st_size > MOST_BYTES:
        message = f"{target}: {target.stat().st_size:,} bytes; the plugin repository takes {MOST_BYTES:,}"
        raise SystemExit(message)
    return target


def main() -> None:
    """Make the zip where the command line says."""
    parser = argparse.ArgumentParser(description="Make the plugin's zip, the same bytes from the same sources.")
    default = ROOT / "dist" / f"{NAME}.zip"
    parser.add_argument("out", nargs="?", type=Path, default=default, metavar="OUT.zip", help="where it shall lie")
    made = build(parser.parse_args().out)
    print(f"{made}: {made.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
