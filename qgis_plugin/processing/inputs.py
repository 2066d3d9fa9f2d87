"""What algorithms ask for: each input is a parameter of Processing, and says its words on the verb's command line."""

from dataclasses import dataclass

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDateTime,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterPoint,
    QgsProcessingParameterString,
)

from ..translation import tr
from .call import Call
from .open_map import shown_code, shown_map, shown_matters, shown_parent

AREAS = (QgsProcessing.SourceType.TypeVectorPolygon,)
POINTS = (QgsProcessing.SourceType.TypeVectorPoint,)
SHAPES = (QgsProcessing.SourceType.TypeVectorAnyGeometry,)
BARRIERS = (QgsProcessing.SourceType.TypeVectorLine, QgsProcessing.SourceType.TypeVectorPolygon)
ROWS = (QgsProcessing.SourceType.TypeVector,)


@dataclass(frozen=True, kw_only=True)
class Input:
    """A parameter of an algorithm and the verb's option for it (empty: its place on the command line).

    Attributes
    ----------
    name, title, help
        The parameter's name, and what the user reads of it in his language.
    option
        The option, as ``"--near-m"``.
    optional, advanced
        Whether it may be left empty, and whether it is folded away.
    """

    name: str
    title: str
    help: str
    option: str = ""
    optional: bool = False
    advanced: bool = False

    def parameter(self) -> QgsProcessingParameterDefinition:
        """Return the bare parameter."""
        raise NotImplementedError

    def suggestion(self) -> object:
        """Return what the dialog shows at first where a one map is open; None: what it shows otherwise."""
        return None

    def understood(self, value: object) -> object:
        """Return what QGIS takes for a value that a person wrote."""
        return value

    def helped(self) -> str:
        """Return the help."""
        return self.help

    def say(self, call: Call) -> None:
        """Add the words of this input to the command line."""
        raise NotImplementedError

    def definition(self) -> QgsProcessingParameterDefinition:
        """Return the parameter with its help and its flags."""
        made = self.parameter()
        made.setHelp(self.helped())
        suggested = self.suggestion()
        if suggested is not None:  # in dialogs only: models, scripts and qgis_process get what they ask for
            made.setGuiDefaultValueOverride(suggested)
        if self.advanced:
            made.setFlags(made.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
        return made


@dataclass(frozen=True, kw_only=True)
class Column(Input):
    """One column of a layer, or several.

    Suggested are the codes of the layer ``codes_of`` of the open map, or those of the level above in ``parents_of``.
    """

    of: str
    several: bool = False
    codes_of: str = ""
    parents_of: str = ""

    def suggestion(self) -> object:
        if self.parents_of:
            return shown_parent(self.parents_of) or None
        return shown_code(self.codes_of) or None if self.codes_of else None

    def parameter(self) -> QgsProcessingParameterDefinition:
        return QgsProcessingParameterField(
            self.name,
            self.title,
            parentLayerParameterName=self.of,
            allowMultiple=self.several,
            optional=self.optional,
        )

    def say(self, call: Call) -> None:
        for column in call.algorithm.parameterAsStrings(call.parameters, self.name, call.context):
            if column:
                call.say(self.option, column)


@dataclass(frozen=True, kw_only=True)
class Number(Input):
    """A number; one without a default is not said unless the caller gave it."""

    default: float | None = None
    least: float = 0.0
    whole: bool = False

    def parameter(self) -> QgsProcessingParameterDefinition:
        kinds = QgsProcessingParameterNumber.Type
        kind = kinds.Integer if self.whole else kinds.Double
        return QgsProcessingParameterNumber(
            self.name, self.title, kind, self.default, optional=self.optional, minValue=self.least
        )

    def say(self, call: Call) -> None:
        if self.default is None and not call.is_given(self.name):
            return
        read = call.algorithm.parameterAsInt if self.whole else call.algorithm.parameterAsDouble
        call.say(self.option, repr(read(call.parameters, self.name, call.context)))


@dataclass(frozen=True, kw_only=True)
class Choice(Input):
    """One of some words of the library, or several of them with commas; the user sees their titles.

    QGIS wants the number of the title; the words themselves are understood too, as a person writes them to
    ``qgis_process`` or in a script. ``suggested`` is the word at which the dialog begins.
    """

    words: tuple[str, ...]
    titles: tuple[str, ...]
    several: bool = False
    default: tuple[int, ...] = (0,)
    suggested: str = ""

    def suggestion(self) -> object:
        return self.words.index(self.suggested) if self.suggested in self.words else None

    def parameter(self) -> QgsProcessingParameterDefinition:
        default = list(self.default) if self.several else self.default[0] if self.default else None
        return QgsProcessingParameterEnum(
            self.name, self.title, list(self.titles), self.several, default, optional=self.optional
        )

    def helped(self) -> str:
        return f"{self.help} {tr('As a word: {words}', words=' '.join(word for word in self.words if word))}"

    def understood(self, value: object) -> object:
        known = {word.casefold(): place for place, word in enumerate(self.words) if word}
        if isinstance(value, str):
            parts: list = value.split(",") if self.several else [value]
        else:
            parts = value if isinstance(value, list) else []
        places = [known.get(part.strip().casefold(), part) if isinstance(part, str) else part for part in parts]
        if places == parts:  # numbers, or words that nobody knows: QGIS says what it thinks of them
            return value
        return places if self.several else places[0]

    def say(self, call: Call) -> None:
        parameters = call.parameters | {self.name: self.understood(call.parameters.get(self.name))}
        if self.several:
            places = call.algorithm.parameterAsEnums(parameters, self.name, call.context)
        elif not self.default and not call.is_given(self.name):
            places = []
        else:
            places = [call.algorithm.parameterAsEnum(parameters, self.name, call.context)]
        said = ",".join(word for place in places if (word := self.words[place]))
        if said:
            call.say(self.option, said)


@dataclass(frozen=True, kw_only=True)
class Words(Input):
    """A text; with ``lines``, each line is said by itself; with ``commas``, each part."""

    default: str = ""
    lines: bool = False
    commas: bool = False

    def parameter(self) -> QgsProcessingParameterDefinition:
        return QgsProcessingParameterString(
            self.name, self.title, self.default or None, multiLine=self.lines, optional=self.optional
        )

    def say(self, call: Call) -> None:
        text = call.algorithm.parameterAsString(call.parameters, self.name, call.context)
        parts = text.splitlines() if self.lines else text.replace("，", ",").split(",") if self.commas else [text]
        for part in parts:
            if part.strip():
                call.say(self.option, part.strip())


@dataclass(frozen=True, kw_only=True)
class Matter(Words):
    """The class of a matter: chosen from those of the open map, with its name behind it; else written."""

    def parameter(self) -> QgsProcessingParameterDefinition:
        made = super().parameter()
        known = shown_matters()
        if known:
            made.setMetadata({"widget_wrapper": {"value_hints": known}})
        return made

    def say(self, call: Call) -> None:
        code, _, _ = call.algorithm.parameterAsString(call.parameters, self.name, call.context).strip().partition(" ")
        if code:
            call.say(self.option, code)


@dataclass(frozen=True, kw_only=True)
class Switch(Input):
    """Yes or no; yes is said."""

    def parameter(self) -> QgsProcessingParameterDefinition:
        return QgsProcessingParameterBoolean(self.name, self.title, defaultValue=False)

    def say(self, call: Call) -> None:
        if call.algorithm.parameterAsBool(call.parameters, self.name, call.context):
            call.options.append(self.option)


@dataclass(frozen=True, kw_only=True)
class Day(Input):
    """A day, or with ``minutes`` a moment."""

    minutes: bool = False

    def parameter(self) -> QgsProcessingParameterDefinition:
        kinds = QgsProcessingParameterDateTime.Type
        kind = kinds.DateTime if self.minutes else kinds.Date
        return QgsProcessingParameterDateTime(self.name, self.title, kind, optional=self.optional)

    def say(self, call: Call) -> None:
        if not call.is_given(self.name):
            return
        moment = call.algorithm.parameterAsDateTime(call.parameters, self.name, call.context)
        call.say(self.option, moment.toString("yyyy-MM-ddTHH:mm" if self.minutes else "yyyy-MM-dd"))


@dataclass(frozen=True, kw_only=True)
class File(Input):
    """A file that is no layer, or a folder; ``is_map``: a one map, at first the one that is open."""

    filter: str = ""
    folder: bool = False
    is_map: bool = False

    def suggestion(self) -> object:
        one_map = shown_map() if self.is_map else None
        return str(one_map.path) if one_map is not None else None

    def parameter(self) -> QgsProcessingParameterDefinition:
        kinds = QgsProcessingParameterFile.Behavior
        kind = kinds.Folder if self.folder else kinds.File
        return QgsProcessingParameterFile(self.name, self.title, kind, optional=self.optional, fileFilter=self.filter)

    def say(self, call: Call) -> None:
        path = call.algorithm.parameterAsFile(call.parameters, self.name, call.context)
        if path:
            call.say(self.option, path)


@dataclass(frozen=True, kw_only=True)
class Spot(Input):
    """A point of the map, said as x, y and their coordinate system."""

    def parameter(self) -> QgsProcessingParameterDefinition:
        return QgsProcessingParameterPoint(self.name, self.title, optional=self.optional)

    def say(self, call: Call) -> None:
        if not call.is_given(self.name):
            return
        asked = (call.parameters, self.name, call.context)
        system = call.algorithm.parameterAsPointCrs(*asked)
        if system.isValid() and not system.authid():  # a system of the project's own: nobody else knows its name
            system = QgsCoordinateReferenceSystem("EPSG:4326")
        point = call.algorithm.parameterAsPoint(*asked, system)
        call.say("--x", repr(point.x()))
        call.say("--y", repr(point.y()))
        if system.isValid():
            call.say("--crs", system.authid())


@dataclass(frozen=True, kw_only=True)
class System(Input):
    """A coordinate system, said by its code."""

    default: str = ""

    def parameter(self) -> QgsProcessingParameterDefinition:
        return QgsProcessingParameterCrs(self.name, self.title, self.default or None, optional=self.optional)

    def say(self, call: Call) -> None:
        system = call.algorithm.parameterAsCrs(call.parameters, self.name, call.context)
        if system.isValid():
            call.say(self.option, system.authid() or system.toWkt())
