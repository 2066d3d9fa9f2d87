#!/usr/bin/python3
"""Write the hall's QGIS project of a one map without a desktop: layers, themes, 3D views, print layouts.

usage: /usr/bin/python3 scripts/write_project.py onemap.gpkg onemap.qgz [--lang zh|en]

Needs the Python that QGIS was built for. Paths inside the project are relative to it.
"""

import argparse
import os
import sys
import tempfile
import zipfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())

ROOT = Path(__file__).resolve().parent.parent


def plugin_folder(into: Path) -> Path:
    """Return a folder that holds the plugin as a package: unpacked from the zip made of this checkout."""
    sys.path.insert(0, str(ROOT / "scripts"))
    from package_plugin import build

    with zipfile.ZipFile(build(into / "plugin.zip")) as archive:
        archive.extractall(into)
    return into


def main() -> int:
    """Read the arguments, fill a project, write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("one_map", type=Path)
    parser.add_argument("project", type=Path)
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    options = parser.parse_args()

    from qgis.core import QgsApplication, QgsProject

    application = QgsApplication([], False)
    application.initQgis()
    try:
        with tempfile.TemporaryDirectory() as folder:
            sys.path.insert(0, str(plugin_folder(Path(folder))))
            from onemap_center.project.hall import make_hall
            from onemap_center.project.one_map_file import NotAOneMap, open_one_map
            from onemap_center.project.writing import write_project

            try:
                one_map = open_one_map(options.one_map.resolve())
            except NotAOneMap as error:
                print(f"{error}: not a map that onemap published", file=sys.stderr)
                return 2
            project = QgsProject.instance()
            done = make_hall(project, one_map, language=options.lang)
            written = write_project(project, options.project.resolve())
            project.clear()
    finally:
        application.exitQgis()
    print(f"{options.project}: {len(done.layers)} layers" + (f", not opened: {done.told()}" if done.missing else ""))
    return 0 if written and not done.missing else 1


if __name__ == "__main__":
    sys.exit(main())
