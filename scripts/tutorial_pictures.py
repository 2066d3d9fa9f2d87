"""Make the pictures of the tutorials from the real desktop: docs/pictures/tutorial-*.jpg, in both languages.

usage: python3 scripts/tutorial_pictures.py [--language zh|en] [--steps who,queue] [--map onemap.gpkg] [--out FOLDER]

Builds the plugin's zip and the sample city, opens the city in QGIS on a virtual screen (`scripts/screenshot.sh` says
what that needs), does each step of the tutorials with mouse and keys, and takes a picture. The library is taken from
`ONEMAP_PYTHON`, else from the Python that runs this.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
LOCALES = {"zh": "zh-Hans", "en": "en"}
SIZE, LONGEST_S = "1440x860", "600"


def city(room: Path, library: str) -> Path:
    """Build the sample city and return its one map."""
    for words in (("sample", "city"), ("run", "city/onemap.toml", "--out", "out")):
        subprocess.run([library, "-I", "-m", "onemap", *words], cwd=room, check=True, stdout=subprocess.DEVNULL)
    return room / "out" / "onemap.gpkg"


def follow(one_map: Path, zipped: Path, language: str, wanted: argparse.Namespace, library: str) -> None:
    """Follow the tutorials in one language, on a copy of the map without project, journal or versions."""
    room = Path(tempfile.gettempdir()) / f"onemap-{language}"  # it is read in the pictures
    room.mkdir()
    try:
        engine = room / "engine"
        engine.symlink_to(Path(library).absolute().parent.parent)
        shown = room / say_city(language) / "onemap.gpkg"
        shown.parent.mkdir()
        shutil.copy(one_map, shown)
        if (one_map.parent / "rasters").is_dir():
            shutil.copytree(one_map.parent / "rasters", shown.parent / "rasters")
        environment = os.environ | {
            "ZIP": str(zipped),
            "LOCALE": LOCALES[language],
            "SIZE": SIZE,
            "LIMIT": LONGEST_S,
            "ONEMAP_PYTHON": str(engine / "bin" / Path(library).name),
            "ONEMAP_ROOM": str(room),
            "ONEMAP_STEPS": wanted.steps,
            "ONEMAP_TUTORIAL": str(wanted.out.resolve()),
        }
        script = [str(ROOT / "scripts" / name) for name in ("screenshot.sh", "tutorial_inside.py")]
        command = ["sh", script[0], str(shown), str(room / "last.png"), script[1]]
        subprocess.run(command, env=environment, check=True)
    finally:
        shutil.rmtree(room)


def say_city(language: str) -> str:
    """Return the name of the folder, as it is read in the pictures."""
    return "青禾区" if language == "zh" else "Qinghe"


def main() -> None:
    """Read what is wanted and do it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--language", choices=LOCALES, action="append", help="only this one")
    parser.add_argument("--steps", default="", help="only these, with commas between; all of them unless given")
    parser.add_argument("--map", type=Path, help="a built sample city; made anew unless given")
    parser.add_argument("--out", type=Path, default=PICTURES, help="folder of the pictures")
    wanted = parser.parse_args()
    library = os.environ.get("ONEMAP_PYTHON") or sys.executable
    with tempfile.TemporaryDirectory(prefix="onemap-city-") as folder:
        zipped = Path(folder) / "onemap_center.zip"
        subprocess.run([sys.executable, str(ROOT / "scripts" / "package_plugin.py"), str(zipped)], check=True)
        one_map = wanted.map or city(Path(folder), library)
        for language in wanted.language or LOCALES:
            follow(one_map, zipped, language, wanted, library)


if __name__ == "__main__":
    main()
