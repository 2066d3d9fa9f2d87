"""Counters that are filters: `all 412 | new 37 | overdue 11`."""

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QButtonGroup, QToolButton, QWidget

from ...translation import tr
from ..signs import sign_icon
from .flow_layout import FlowLayout

# Colours of QGIS's own palette, so that the chips follow its theme.
STYLE = """
QToolButton { border: 1px solid palette(mid); border-radius: 9px; padding: 1px 5px; background: palette(base);
  color: palette(text); }
QToolButton:hover { border-color: palette(highlight); }
QToolButton:checked { background: palette(highlight); border-color: palette(highlight);
  color: palette(highlighted-text); }
QToolButton:focus { border-color: palette(text); }
"""


class Chips(QWidget):
    """A row of exclusive buttons, each with its count; `chosen` tells the name of the one pressed."""

    chosen = pyqtSignal(str)

    def __init__(self, names: list[str], titles: dict[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setStyleSheet(STYLE)
        self._layout = FlowLayout(self)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._titles = titles
        self._buttons = {name: self._add(name) for name in names}
        self._buttons[names[0]].setChecked(True)

    def show_counts(self, counts: dict[str, int]) -> None:
        """Show the chips that have a count, in their order; the first is always shown."""
        for number, (name, button) in enumerate(self._buttons.items()):
            count = counts.get(name, 0)
            button.setText(f"{self._titles[name]} {count:,}")
            button.setVisible(bool(count) or number == 0 or button.isChecked())
        self._layout.invalidate()
        self.updateGeometry()

    def choose(self, name: str) -> None:
        """Press a chip."""
        if name in self._buttons:
            self._buttons[name].click()

    @property
    def pressed(self) -> str:
        """Name of the chip that is pressed."""
        return next(name for name, button in self._buttons.items() if button.isChecked())

    def texts(self) -> list[str]:
        """Return the texts of the chips that are shown."""
        return [button.text() for button in self._buttons.values() if not button.isHidden()]

    def _add(self, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"onemapChip_{name}")
        button.setCheckable(True)
        hint = tr("Only these: {name}", name=self._titles[name])
        if name == "near_border":
            hint = tr("{hint}; settled cases are left out, their state finds them", hint=hint)
        button.setToolTip(hint)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(12, 12))
        if name != "all":
            button.setIcon(sign_icon(name))
        button.clicked.connect(lambda: self.chosen.emit(name))
        self._group.addButton(button)
        self._layout.addWidget(button)
        button.hide()
        return button
