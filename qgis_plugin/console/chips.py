"""Counters that are filters: `all 412 | new 37 | overdue 11`."""

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QButtonGroup, QToolButton, QWidget

from .flow_layout import FlowLayout
from .signs import sign_icon

STYLE = """
QToolButton { border: 1px solid #DEDAD2; border-radius: 9px; padding: 2px 8px; background: #FFFFFF; color: #22262B; }
QToolButton:hover { border-color: #0B5C8C; }
QToolButton:checked { background: #0B5C8C; border-color: #0B5C8C; color: #FFFFFF; }
QToolButton:focus { border-color: #22262B; }
"""


class Chips(QWidget):
    """A row of exclusive buttons, each with its count; `chosen` tells the name of the one pressed."""

    chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setStyleSheet(STYLE)
        self._layout = FlowLayout(self)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._buttons: dict[str, QToolButton] = {}
        self._titles: dict[str, str] = {}

    def show_counts(self, counts: dict[str, int], titles: dict[str, str], signs: dict[str, str]) -> None:
        """Show one chip for each name, in the order given; the chosen one stays chosen."""
        for name, count in counts.items():
            button = self._buttons.get(name) or self._add(name, titles[name], signs.get(name, ""))
            button.setText(f"{self._titles[name]} {count:,}")
        for name, button in self._buttons.items():
            button.setVisible(name in counts)
        self.updateGeometry()

    def choose(self, name: str) -> None:
        """Press a chip."""
        if name in self._buttons:
            self._buttons[name].click()

    def texts(self) -> list[str]:
        """Return the texts of the chips that are shown."""
        return [button.text() for button in self._buttons.values() if not button.isHidden()]

    def clear(self) -> None:
        """Take all chips away."""
        for button in self._buttons.values():
            self._group.removeButton(button)
            self._layout.removeWidget(button)
            button.deleteLater()
        self._buttons.clear()
        self._titles.clear()

    def _add(self, name: str, title: str, sign: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"onemapChip_{name}")
        button.setCheckable(True)
        button.setChecked(not self._buttons)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(14, 14))
        if sign:
            button.setIcon(sign_icon(sign))
        button.clicked.connect(lambda: self.chosen.emit(name))
        self._group.addButton(button)
        self._layout.addWidget(button)
        self._buttons[name] = button
        self._titles[name] = title
        return button
