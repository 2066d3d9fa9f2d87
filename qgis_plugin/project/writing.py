"""A project as a file beside its map: relative paths throughout, so that the folder can be moved and copied."""

import zipfile
from contextlib import suppress
from html import escape
from pathlib import Path

from qgis.core import QgsProject


def project_beside(one_map: Path) -> Path:
    """Return where the project of a map is kept: the same name, the same folder."""
    return one_map.with_suffix(".qgz")


def write_project(project: QgsProject, target: Path) -> bool:
    """Write a project and name it so; say whether it could be written. The file appears whole or not at all."""
    target = target.absolute()
    before = project.fileName()
    draft = target.with_name(f".{target.stem}.writing.qgz")
    relative = target.with_name(f".{target.stem}.written.qgz")
    try:
        if not project.write(str(draft)):
            project.setFileName(before)
            return False
        _make_relative(draft, relative, name=f"{target.stem}.qgs")
        relative.replace(target)
    except OSError:
        project.setFileName(before)
        return False
    finally:
        for path in (draft, relative):
            with suppress(OSError):  # a folder that is for reading only refuses even this
                path.unlink()
    project.setFileName(str(target))
    project.setDirty(False)
    return True


def _make_relative(source: Path, target: Path, *, name: str) -> None:
    """Copy a project, with the paths that QGIS leaves absolute (of layouts and atlases) seen from its own folder."""
    absolute = '="' + escape(source.parent.as_posix(), quote=False).replace('"', "&quot;") + "/"
    with zipfile.ZipFile(source) as read, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        for entry in read.infolist():
            if entry.filename.endswith(".qgs"):
                text = read.read(entry).decode("utf-8").replace(absolute, '="./')
                written.writestr(name, text)
            else:
                written.writestr(entry.filename, read.read(entry))
