"""What the library proposes for gaps and overlaps: asked once for cells or grids, in a process of its own."""

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from qgis.core import QgsGeometry, QgsProject, QgsVectorFileWriter, QgsVectorLayer
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...engine.worker import Worker
from ...project.one_map_file import OneMapFile, columns_of, quoted, reading, tables_of
from ..envelope import box_of, shape_of
from .mendable import DUTY, KINDS, Target, no_repair_for

__all__ = ["DUTY", "KINDS", "Proposal", "Proposals", "Target", "no_repair_for"]

WIDEST_M, MOST_SHARE = 1000.0, 0.5  # whatever may be closed is proposed; a person decides
_PEOPLE = ("econ_population", "city3d_building")


@dataclass(frozen=True)
class Proposal:
    """Who would get the land of a finding, or why nobody should.

    Attributes
    ----------
    kind, cell, area_m2, people
        Of the place; the cell is empty where the land goes to none, people are None where the map does not tell.
    reason
        Why it is not proposed; empty where it is.
    shape
        The land, in the system of the map.
    """

    kind: str
    cell: str
    area_m2: float
    people: float | None
    reason: str
    shape: QgsGeometry


class Proposals(QObject):
    """Asks the library for all repairs at once and finds the one for a place."""

    told = pyqtSignal(float, str)  # share done, and what is being done

    def __init__(self, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._one_map: OneMapFile | None = None
        self._known: dict[Target, list[Proposal]] = {}
        self._number = 0

    def of_map(self, one_map: OneMapFile | None) -> None:
        """Take a map; what was proposed for another one is forgotten."""
        self.cancel()
        self._one_map, self._known = one_map, {}

    def cancel(self) -> None:
        """Stop asking."""
        if self._number:
            self._worker.cancel(self._number)
            self._number = 0

    @property
    def asking(self) -> bool:
        """Whether the library is at it."""
        return bool(self._number)

    def ask(self, target: Target, ready: Callable[[], None], refused: Callable[[str], None]) -> None:
        """Call `ready` once the proposals for a target are known."""
        one_map = self._one_map
        if target in self._known:
            ready()
            return
        if one_map is None or self._number:
            return
        room = tempfile.TemporaryDirectory(prefix="onemap-repair-", ignore_cleanup_errors=True)
        folder = Path(room.name)
        made = folder / "repair.gpkg"
        cells = one_map.path if not target.agency else grids_alone(one_map, target, folder / "grids.gpkg")
        asked = {
            "cells": str(cells),
            "layer": target.layer,
            "code": target.code,
            "max_width_m": WIDEST_M,
            "max_change": MOST_SHARE,
            "out": str(made),
        }
        if one_map.levels and target.layer != one_map.levels[0]:
            asked["parent"] = f"{one_map.path}|{one_map.levels[0]}"
        if target.layer in one_map.levels[1:]:  # land of a community is not given to a cell of another one
            asked["within"] = f"{one_map.path}|{one_map.levels[one_map.levels.index(target.layer) - 1]}"
        people = _layer_of_people(one_map)
        if people:
            asked |= {"people": f"{one_map.path}|{people}", "weight": "residents"}

        def answered(_: dict) -> None:
            if number == self._number:  # else another map is shown by now
                self._number = 0
                self._known[target] = read_proposals(made)
                ready()
            room.cleanup()

        def failed(why: str) -> None:
            if number == self._number:
                self._number = 0
                refused(why)
            room.cleanup()

        number = self._number = self._worker.ask("repair", asked, answered, failed, self.told.emit)

    def find(self, target: Target, kind: str, shape: QgsGeometry) -> Proposal | None:
        """Return the proposal for a finding: of its kind, with the largest common land."""
        if shape.isEmpty():
            return None
        wanted = "gap" if kind == "land" else kind
        bounds = shape.boundingBox()
        best, most = None, 0.0
        for proposal in self._known.get(target, ()):
            if proposal.kind == wanted and bounds.intersects(proposal.shape.boundingBox()):
                common = proposal.shape.intersection(shape).area()
                if common > most:
                    best, most = proposal, common
        return best


def _layer_of_people(one_map: OneMapFile) -> str:
    """Return the layer that tells how many people live where; empty where the map has none."""
    with reading(one_map.path) as connection:
        for layer in _PEOPLE:
            if layer in tables_of(connection) and "residents" in columns_of(connection, layer):
                known = f"SELECT 1 FROM {quoted(layer)} WHERE residents IS NOT NULL LIMIT 1"  # noqa: S608 # nosec B608
                if connection.execute(known).fetchone():
                    return layer
    return ""


def read_proposals(path: Path) -> list[Proposal]:
    """Return what a repair would do, and what it would not, from the file that the library wrote."""
    found: list[Proposal] = []
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        present = tables_of(connection)
        for table in ("repair_move", "repair_refused"):
            geometry = present.get(table)
            if not geometry:
                continue
            for row in connection.execute(f"SELECT * FROM {quoted(table)}"):  # noqa: S608 # nosec B608
                values = dict(row)
                shape = QgsGeometry()
                shape.fromWkb(shape_of(values[geometry]))
                if box_of(values[geometry]) is None or shape.isNull():
                    continue
                found.append(
                    Proposal(
                        kind=str(values.get("kind") or ""),
                        cell=str(values.get("to") or ""),
                        area_m2=float(values.get("area_m2") or 0.0),
                        people=None if values.get("people") is None else float(values["people"]),
                        reason=str(values.get("reason") or ""),
                        shape=shape,
                    )
                )
    return found


def grids_alone(one_map: OneMapFile, target: Target, path: Path) -> Path:
    """Write the grids of one agency to a file of their own and return it."""
    layer = QgsVectorLayer(f"{one_map.path}|layername={target.layer}", target.layer, "ogr", read_only())
    agency = target.agency.replace("'", "''")
    layer.setSubsetString(f"agency = '{agency}'")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = "GPKG", target.layer
    QgsVectorFileWriter.writeAsVectorFormatV3(layer, str(path), QgsProject.instance().transformContext(), options)
    return path


def read_only() -> QgsVectorLayer.LayerOptions:
    """Return how a layer of the map is opened: nothing is written, and no style is read."""
    options = QgsVectorLayer.LayerOptions()
    options.forceReadOnly = True
    options.loadDefaultStyle = False
    return options
