"""What shows a card: text to be read and copied, with links that the mouse and the keyboard follow."""

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QTextBrowser, QWidget

from ...translation import tr


class CardView(QTextBrowser):
    """Opens no link itself, `anchorClicked` tells which. Tab goes from one to the next and then on, Enter follows."""

    def __init__(self, name: str, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(tr("Tab goes from link to link, Enter follows one; text that is selected can be copied"))
        self.setOpenLinks(False)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
