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
    QLabel,
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
    if not folder:
        return None
    dialog = SourceDialog(tr("Live"), parent)
    return Source(FOLDER, folder, crs=dialog.system) if dialog.exec() else None


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
    dialog = TableDialog(tables, parent)
    return Source(TABLE, path, dialog.table.currentText(), dialog.system) if dialog.exec() else None


def ask_postgis(parent: QWidget) -> Source | None:
    """Ask for a connection of QGIS's own, and for a table of it."""
    names = connection_names()
    if not names:
        words = tr("QGIS knows no PostGIS connection yet. Make one in its browser: there the password is kept safe.")
        QMessageBox.information(parent, tr("Live"), words)
        return None
    dialog = PostgisDialog(names, parent)
    return dialog.source() if dialog.exec() else None


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


class SourceDialog(QDialog):
    """Asks for what a source needs: its system of coordinates, and what a kind of source adds."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._form = QFormLayout(self)
        self._asked: dict[str, QComboBox | QLineEdit] = {}  # by what is said where it stays empty
        self.crs = QComboBox(self)
        self.crs.addItems(_offered())
        self.crs.setEditable(True)
        self._add_fields()
        self._ask(
            tr("Coordinates in columns"),
            self.crs,
            tr("System of coordinates that stand in columns: one of these, or a code such as EPSG:4548"),
            needed=tr("Choose a coordinate system."),
        )
        self.lacking = QLabel(self)
        self.lacking.setObjectName("onemapLacking")
        self._form.addRow(self.lacking)
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel, self)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.ok = buttons.button(kinds.Ok)
        self.ok.setToolTip(tr("From now on new cases are taken from it; kept in the project"))
        buttons.button(kinds.Cancel).setToolTip(tr("Adds no source"))
        self._form.addRow(buttons)
        self._look()

    @property
    def system(self) -> str:
        """The code of the system that was chosen or typed."""
        return code_of(self.crs.currentText())

    def _add_fields(self) -> None:
        """Ask for what this kind of source needs beside the system of coordinates."""

    def _ask(self, title: str, field: QComboBox | QLineEdit, hint: str, *, needed: str = "") -> None:
        field.setToolTip(hint)
        field.setAccessibleName(title)
        self._form.addRow(title, field)
        if needed:
            self._asked[needed] = field
        changed = field.currentTextChanged if isinstance(field, QComboBox) else field.textChanged
        changed.connect(self._look)

    def _look(self, *_: object) -> None:
        """Say what is still needed; *OK* waits for it."""
        lacking = next((words for words, field in self._asked.items() if not _text_of(field)), "")
        self.lacking.setText(lacking)
        self.ok.setEnabled(not lacking)


class TableDialog(SourceDialog):
    """Asks for one of the tables of a GeoPackage."""

    def __init__(self, tables: list[str], parent: QWidget | None = None) -> None:
        self._tables = tables
        super().__init__(tr("GeoPackage table"), parent)

    def _add_fields(self) -> None:
        self.table = QComboBox(self)
        self.table.addItems(self._tables)
        self._ask(tr("Table"), self.table, tr("A table of the GeoPackage that has case numbers"))


class PostgisDialog(SourceDialog):
    """Asks for connection and table. No password: QGIS keeps that."""

    def __init__(self, names: list[str], parent: QWidget | None = None) -> None:
        self._names = names
        super().__init__(tr("PostGIS table"), parent)

    def _add_fields(self) -> None:
        self.connection, self.schema, self.table = QComboBox(self), QLineEdit("public", self), QLineEdit(self)
        self.connection.addItems(self._names)
        hint = tr("A connection that QGIS knows; it keeps the password, the project only the connection's name")
        self._ask(tr("Connection"), self.connection, hint)
        self._ask(tr("Schema"), self.schema, tr("Schema in which the table lies; empty: public"))
        hint = tr("Table with case numbers, and one whole number as its key")
        self._ask(tr("Table"), self.table, hint, needed=tr("Name a table."))

    def source(self) -> Source:
        """Return what was chosen."""
        place = f"{_text_of(self.schema) or 'public'}.{_text_of(self.table)}"
        return Source(POSTGIS, self.connection.currentText(), place, self.system)


def _text_of(field: QComboBox | QLineEdit) -> str:
    return (field.currentText() if isinstance(field, QComboBox) else field.text()).strip()
