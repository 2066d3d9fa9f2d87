"""The little of qgis.core that the widgets ask for: language, settings, log, the project's themes. The rest is absent."""

import os
from enum import Enum, Flag
from pathlib import Path
from types import SimpleNamespace

from PyQt6.QtCore import QObject, QSettings

from .absent import absent

LOG: list[str] = []


class Qgis:
    """The levels of messages, and what a map is drawn with."""

    class MessageLevel(Enum):
        Info, Warning, Critical, Success = range(4)

    class MapSettingsFlag(Flag):
        Antialiasing, DrawSelection = 1, 8


class QgsMessageLog:
    """Keeps what is logged."""

    @staticmethod
    def logMessage(message, *_):
        LOG.append(message)


class QgsFeedback(QObject):
    """Nobody cancels."""

    def isCanceled(self):
        return False


class QgsTask(QObject):
    """Runs when it is handed over, in the thread of the caller."""

    class Flag(Flag):
        CanCancel, CancelWithoutPrompt, Hidden, Silent = 2, 4, 8, 16

    def __init__(self, description="", flags=Flag.CanCancel):
        super().__init__()


class QgsApplication:
    """The language and whose settings they are."""

    @staticmethod
    def locale():
        return os.environ["ONEMAP_LOCALE"]

    @staticmethod
    def userFullName():
        return "Wang Min"

    @staticmethod
    def userLoginName():
        return "wang"

    @staticmethod
    def qgisSettingsDirPath():
        return os.environ["ONEMAP_PROFILE"]

    @staticmethod
    def taskManager():
        return SimpleNamespace(addTask=lambda task: task.finished(task.run()))


class QgsSettings(QSettings):
    """In a file of the test's own."""

    def __init__(self):
        super().__init__(str(Path(os.environ["ONEMAP_PROFILE"]) / "QGIS.ini"), QSettings.Format.IniFormat)


class QgsMapSettings:
    """Of a canvas that draws nothing: one scale."""

    def __init__(self, other):
        pass

    def setOutputSize(self, size):
        assert size.isValid()

    def scale(self):
        return 25_000.0


class QgsProject:
    """A project with themes and without layers."""

    _one = None

    @classmethod
    def instance(cls):
        cls._one = cls._one or cls()
        return cls._one

    def layerTreeRoot(self):
        return SimpleNamespace(findGroups=lambda _: [])

    def mapThemeCollection(self):
        return SimpleNamespace(mapThemes=lambda: ["Base map", "Cases"], mapThemeVisibleLayers=lambda _: [])

    def viewSettings(self):
        return SimpleNamespace(defaultViewExtent=lambda: SimpleNamespace(isEmpty=lambda: True))


def __getattr__(name):
    return absent(__name__, name)
