"""A big city in the hall's project: the first picture, panning, and how long the window of QGIS stands still.

usage: python -m benchmarks.hall [--big ONEMAP.gpkg] [--out FOLDER] [--no-docs]

With a map of 25,000 cells and 1,000,000 houses, made by `benchmarks.hall_data` where none is named. The project is
drawn without a desktop (`hall_drawn.py`), then in the real desktop on a virtual screen (`hall_desktop.py`). The first
picture must be there within 3 s and the window may not stand still for long; else this ends with a sentence and code 1.
Needs QGIS and a virtual screen; `ONEMAP_QGIS_PYTHON` names the Python that QGIS was built for.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.report import put_into

ROOT: Final = Path(__file__).resolve().parent.parent
DOCS: Final = ROOT / "docs" / "plugin.md"
MARK: Final = "measured hall: written by benchmarks.hall"
PICTURE_S: Final = 3.0  # the first picture comes sooner
OPENING_S: Final = 1.0  # no longer standstill while a map is opened, furnished, or its queue is read
PANNING_S: Final = 0.1  # no longer standstill while it is panned
LIMIT_S: Final = 400
SHOWN: Final = {
    "street": "",
    "community": " (cells, clusters of cases)",
    "cell": " (houses, numbers of cells)",
    "house": "",
}
STANDSTILLS: Final = {
    "standstill_while_opening_s": "opening",
    "standstill_after_picture_s": "adding themes and sheets, and reading the queue",
}


def measure(one_map: Path, folder: Path) -> dict[str, Any]:
    """Draw without and with the desktop; return what was written down."""
    own = folder / "hall" / "onemap.gpkg"
    own.parent.mkdir()  # a copy: projects are kept beside a map
    shutil.copy(one_map, own)
    python = os.environ.get("ONEMAP_QGIS_PYTHON", "/usr/bin/python3")
    drawn, seen, project = folder / "drawn.json", folder / "seen.json", folder / "hall" / "drawn.qgz"
    subprocess.run([python, str(ROOT / "scripts" / "write_project.py"), str(own), str(project)], check=True)
    subprocess.run([python, str(ROOT / "benchmarks" / "hall_drawn.py"), str(project), str(drawn)], check=True)
    environment = os.environ | {
        "ONEMAP_BIG": str(own),
        "ONEMAP_FIGURES": str(seen),
        "ONEMAP_PYTHON": os.environ.get("ONEMAP_PYTHON", sys.executable),
        "LIMIT": str(LIMIT_S),
        "ZIP": str(folder / "onemap_center.zip"),
    }
    command = ["sh", str(ROOT / "scripts" / "screenshot.sh"), "-", str(folder / "hall.png")]
    subprocess.run([*command, str(ROOT / "benchmarks" / "hall_desktop.py")], env=environment, check=True)
    told = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in (("drawn", drawn), ("seen", seen))}
    return told | {"load": round(os.getloadavg()[0], 1)}


def table(told: Mapping[str, Any]) -> str:
    """Return the figures as the docs show them."""
    drawn, seen = told["drawn"], told["seen"]
    rows = [
        (
            "project read and first picture, without desktop",
            f"{drawn['ready_s']:.2f} s ({drawn['read_s']:.2f} + {drawn['first_picture_s']:.2f})",
            "-",
        ),
        (
            "*Open one map* in the desktop, first picture",
            f"{seen['first_picture_s']:.2f} s",
            f"{seen['standstill_while_opening_s']:.2f} s, while the layers are made",
        ),
        (
            "themes, 3D views, sheets, dashed borders, and the project kept, after the picture",
            f"{seen['furnished_s']:.1f} s",
            f"{seen['standstill_after_picture_s']:.2f} s",
        ),
        ("all cases in the queue", f"{seen['queue_s']:.1f} s", "the same, they come together"),
    ]
    for name, found in seen["pan"].items():
        pictures = f"median {found['median_s']:.2f} s, worst {found['worst_s']:.2f} s"
        rows.append((f"panning at 1:{found['scale']:,}{SHOWN[name]}", pictures, f"{found['standstill_s']:.2f} s"))
    worst = max(found["worst_s"] for found in drawn["pan"].values())
    lines = [
        "| | whole picture | standstill of the window |",
        "|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    words = f"Drawn alone by QgsMapRendererParallelJob the worst picture took {worst:.2f} s."
    if "load" in told:
        words += f" Load of the machine (two cores) at the end: {told['load']}."
    return "\n".join([*lines, "", words])


def verdict(told: Mapping[str, Any]) -> list[str]:
    """Return what took longer than the docs promise."""
    drawn, seen = told["drawn"], told["seen"]
    firsts = {"without desktop": drawn["ready_s"], "in the desktop": seen["first_picture_s"]}
    above = [f"first picture {where}: {took} s" for where, took in firsts.items() if took >= PICTURE_S]
    above += [f"standstill, {what}: {seen[key]} s" for key, what in STANDSTILLS.items() if seen[key] > OPENING_S]
    pans = seen["pan"].values()
    return above + [
        f"standstill, panning at 1:{found['scale']:,}: {found['standstill_s']} s"
        for found in pans
        if found["standstill_s"] > PANNING_S
    ]


def main() -> None:
    """Make the map where none is named, measure, print, write the docs, and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--big", type=Path, help="a large one map; left out: benchmarks.hall_data")
    parser.add_argument("--out", type=Path, help="where the figures are put")
    parser.add_argument("--no-docs", action="store_true", help="print only")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        folder, big = Path(room), given.big
        if big is None:
            subprocess.run([sys.executable, "-m", "benchmarks.hall_data", str(folder / "big")], check=True, cwd=ROOT)
            big = folder / "big" / "onemap.gpkg"
        told = measure(big.resolve(), folder)
    if given.out is not None:
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / "hall.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    print(table(told))
    if not given.no_docs:
        DOCS.write_text(put_into(DOCS.read_text(encoding="utf-8"), table(told), mark=MARK), encoding="utf-8")
    if above := verdict(told):
        raise SystemExit(f"longer than promised: {'; '.join(above)}")


if __name__ == "__main__":
    main()
