"""Every field and button of the options page and of the dialogs for live sources says what it is for."""

import sqlite3

import pytest
from qgis.core import QgsSettings
from qgis.PyQt.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QTextEdit,
)

FOCUSABLE = (QAbstractButton, QComboBox, QAbstractSpinBox, QLineEdit, QTextEdit, QPlainTextEdit, QAbstractItemView)
MADE_OF_PARTS = (QAbstractSpinBox, QComboBox, QAbstractItemView, QLineEdit)  # their inner widgets are Qt's own


def controls(window):
    """Return what in a window takes the focus, without the inner parts of a control."""
    found = [widget for kind in FOCUSABLE for widget in window.findChildren(kind)]
    return [widget for widget in found if not widget.isHidden() and not is_inner(widget, window)]


def is_inner(widget, window):
    """Tell whether a widget is a part of another control, such as the line of a combo box."""
    above = widget.parent()
    while above is not window:
        if isinstance(above, MADE_OF_PARTS):
            return True
        above = above.parent()
    return widget.objectName().startswith("qt_")


def unnamed(window):
    """Return the controls that have no hint, or nothing that a screen reader can say."""
    buddies = {label.buddy() for label in window.findChildren(QLabel)}
    lacking = []
    for widget in controls(window):
        hint = widget.toolTip() or widget.statusTip() or widget.whatsThis()
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        if not hint or not (widget.accessibleName() or text.strip(" .…") or widget in buddies):
            lacking.append((type(widget).__name__, widget.objectName(), hint))
    return lacking


@pytest.fixture
def adding(plugin, qgis_app):
    return plugin("live.adding")


@pytest.fixture
def windows(plugin, adding, library, tmp_path):
    setup = plugin("engine.setup").EngineSetup(profile=tmp_path)
    return {
        "options": plugin("options").OptionsPage(setup, lambda: None),
        "folder": adding.SourceDialog("Live"),
        "table": adding.TableDialog(["cases", "desk"]),
        "postgis": adding.PostgisDialog(["hall"]),
    }


@pytest.mark.parametrize(("name", "least"), [("options", 7), ("folder", 3), ("table", 4), ("postgis", 6)])
@pytest.mark.parametrize("spoken", ["english", "chinese"])
def test_every_field_and_button_says_what_it_is_for(request, spoken, windows, name, least):
    request.getfixturevalue(spoken)
    assert len(controls(windows[name])) >= least
    assert unnamed(windows[name]) == []


def test_ok_waits_for_what_is_needed_and_says_so(adding, english):
    dialog = adding.PostgisDialog(["hall"])
    assert (dialog.ok.isEnabled(), dialog.lacking.text()) == (False, "Name a table.")
    dialog.table.setText("  ")
    assert not dialog.ok.isEnabled()
    dialog.table.setText(" desk ")
    assert (dialog.ok.isEnabled(), dialog.lacking.text()) == (True, "")
    dialog.crs.setEditText("")
    assert (dialog.ok.isEnabled(), dialog.lacking.text()) == (False, "Choose a coordinate system.")
    dialog.crs.setEditText("EPSG:4548")
    dialog.schema.clear()
    assert dialog.source() == adding.Source("postgis", "hall", "public.desk", "EPSG:4548")


def test_what_is_chosen_becomes_a_source(adding, tmp_path, monkeypatch, english):
    desk = tmp_path / "desk.gpkg"
    with sqlite3.connect(desk) as connection:
        connection.execute("CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT)")
        connection.execute("CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT)")
        for name in ("calls", "desk"):
            connection.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, case_code TEXT)")
            connection.execute("INSERT INTO gpkg_contents VALUES (?, 'attributes')", (name,))
    monkeypatch.setattr(QMessageBox, "information", lambda *_: pytest.fail("no table was found"))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(desk), ""))

    def fill(dialog):
        dialog.crs.setCurrentIndex(2)
        if hasattr(dialog, "table"):
            dialog.table.setCurrentText("desk")
        assert dialog.ok.isEnabled()
        return 1

    monkeypatch.setattr(QDialog, "exec", fill)
    assert adding.ask_folder(None) == adding.Source("folder", str(tmp_path), crs="GCJ02")
    assert adding.ask_table(None) == adding.Source("table", str(desk), "desk", "GCJ02")
    monkeypatch.setattr(QDialog, "exec", lambda _: 0)
    assert adding.ask_folder(None) is None
    assert adding.ask_table(None) is None
    QgsSettings().setValue("PostgreSQL/connections/hall/host", "nowhere")
    try:
        assert adding.ask_postgis(None) is None
    finally:
        QgsSettings().remove("PostgreSQL/connections/hall")
