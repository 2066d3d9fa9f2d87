"""Asks for one more source of live cases."""

import sqlite3
from contextlib import closing
from pathlib import Path

from qgis.core import QgsProject
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QInputDialog,
    QLineEdit,
    QMessageBox,
    QWidget,
)

from ..translation import tr
from .files import case_tables, open_package
from .postgis import connection_names
from .source import FOLDER, POSTGIS, TABLE, Source


def ask_folder(parent: QWidget) -> Source | None:
    """Ask for a folder, and for the system of coordinates that stand in columns."""
    folder = QFileDialog.getExistingDirectory(parent, tr("Folder into which files with new cases are put"))
    crs = _ask_crs(parent) if folder else ""
    return Source(FOLDER, folder, crs=crs) if crs else None


def ask_table(parent: QWidget) -> Source | None:
    """Ask for a GeoPackage, and for one of its tables with case numbers."""
    path, _ = QFileDialog.getOpenFileName(parent, tr("GeoPackage to which new cases are added"), "", "*.gpkg")
    if not path:
        return None
    try:
        with closing(open_package(Path(path))) as connection:
            tables = case_tables(connection)
    except sqlite3.Error:
        tables = []
    if not tables:
        QMessageBox.information(parent, tr("Live"), tr("no table of the GeoPackage has case numbers"))
        return None
    table, given = tables[0], True
    if len(tables) > 1:
        table, given = QInputDialog.getItem(parent, tr("Live"), tr("Table"), tables, 0, False)
    crs = _ask_crs(parent) if given else ""
    return Source(TABLE, path, table, crs) if crs else None


def ask_postgis(parent: QWidget) -> Source | None:
    """Ask for a connection of QGIS's own, and for a table of it."""
    names = connection_names()
    if not names:
        words = tr("QGIS knows no PostGIS connection yet. Make one in its browser: there the password is kept safe.")
        QMessageBox.information(parent, tr("Live"), words)
        return None
    dialog = PostgisDialog(names, parent)
    return dialog.source() if dialog.exec() else None


def _ask_crs(parent: QWidget) -> str:
    """Ask for the system of coordinates in columns; the project's own is offered beside the usual ones."""
    words = tr("Coordinate system of coordinates that stand in columns")
    chosen, given = QInputDialog.getItem(parent, tr("Live"), words, _offered(), 0, True)
    return code_of(str(chosen)) if given else ""


def _offered() -> list[str]:
    """Return the systems that are offered, each with a word for those who do not know its number."""
    titles = {
        "EPSG:4326": tr("degrees, WGS 84 (GPS)"),
        "EPSG:4490": tr("degrees, CGCS2000"),
        "GCJ02": tr("degrees, GCJ-02 (Amap, Tencent)"),
        "BD09": tr("degrees, BD-09 (Baidu)"),
    }
    own = QgsProject.instance().crs().authid()
    if own and own not in titles:
        titles[own] = tr("that of this map")
    return [f"{system}  {title}" for system, title in titles.items()]


def code_of(chosen: str) -> str:
    """Return the system that was chosen or typed, without the words beside it.

    Examples
    --------
    >>> code_of("GCJ02  degrees, GCJ-02 (Amap, Tencent)"), code_of(" EPSG:4548 "), code_of("")
    ('GCJ02', 'EPSG:4548', '')
    """
    return chosen.strip().split("  ")[0]


class PostgisDialog(QDialog):
    """Connection, table, system. No password: QGIS keeps that."""

    def __init__(self, names: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("PostGIS table"))
        self.connection, self.schema, self.table, self.crs = QComboBox(), QLineEdit("public"), QLineEdit(), QComboBox()
        self.connection.addItems(names)
        self.crs.addItems(_offered())
        self.crs.setEditable(True)
        form = QFormLayout(self)
        form.addRow(tr("Connection"), self.connection)
        form.addRow(tr("Schema"), self.schema)
        form.addRow(tr("Table"), self.table)
        form.addRow(tr("Coordinates in columns"), self.crs)
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel, self)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)

    def source(self) -> Source | None:
        """Return what was chosen; None where the table has no name."""
        table = self.table.text().strip()
        place = f"{self.schema.text().strip() or 'public'}.{table}"
        return Source(POSTGIS, self.connection.currentText(), place, code_of(self.crs.currentText())) if table else None
