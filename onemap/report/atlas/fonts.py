"""The letters of the atlas: the first font of the palette that has them; a letter that none has is an error."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from matplotlib import font_manager
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import LoadFlags

from onemap.errors import SchemaError, some

_LATIN = "DejaVu Sans"  # comes with matplotlib: digits and Latin letters on any machine
_EM = 100.0  # size at which advances are measured
_BOLD = 700
_UNSEEN = frozenset("\n\u200b")


@dataclass(frozen=True)
class Typeface:
    """One weight of the atlas: font files in the order in which a letter is looked for."""

    families: tuple[str, ...]
    bold: bool
    paths: tuple[Any, ...]
    wanted: tuple[str, ...]
    _advances: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def properties(self) -> FontProperties:
        """What matplotlib is asked for."""
        return FontProperties(family=list(self.families), weight=_BOLD if self.bold else "normal")

    def check(self, text: str) -> None:
        """Raise `SchemaError` naming the letters of ``text`` that no font has: a box on paper is worse than none."""
        missing = [
            letter for letter in dict.fromkeys(text) if letter not in self._advances and not self._measure(letter)
        ]
        if missing:
            raise SchemaError(
                "atlas: no font on this machine has {letters} (in {text}); install one of {fonts}",
                letters=some(f"{letter} (U+{ord(letter):04X})" for letter in missing),
                text=repr(text[:40]),
                fonts=", ".join(self.wanted),
            )

    def width(self, text: str) -> float:
        """Return how wide the longest line of a text is, in ems.

        Examples
        --------
        >>> face = load_typefaces(("no such font",))[0]
        >>> round(face.width("0"), 2), face.width("00") == 2 * face.width("0")
        (0.64, True)
        """
        self.check(text)
        return max(sum(self._advances[letter] for letter in line if letter not in _UNSEEN) for line in text.split("\n"))

    def _measure(self, letter: str) -> bool:
        if letter in _UNSEEN:
            self._advances[letter] = 0.0
            return True
        for path in self.paths:
            font = font_manager.get_font(path)
            if font.get_char_index(ord(letter)):
                font.set_size(_EM, 72)
                glyph = font.load_char(ord(letter), flags=LoadFlags.NO_HINTING)
                self._advances[letter] = glyph.linearHoriAdvance / 65536 / _EM
                return True
        return False


@lru_cache(maxsize=4)
def load_typefaces(wanted: tuple[str, ...]) -> tuple[Typeface, Typeface]:
    """Return the regular and the bold face: of the wanted families those that are installed, then Latin letters.

    Examples
    --------
    >>> [face.families for face in load_typefaces(("no such font",))]
    [('DejaVu Sans',), ('DejaVu Sans',)]
    """
    wanted = tuple(family for family in wanted if family != "sans-serif")
    regular = {family: path for family in (*wanted, _LATIN) if (path := _find(family, bold=False)) is not None}
    bold = {family: _find(family, bold=True) for family in _emboldened(tuple(regular))}
    if all(family == _LATIN for family in bold):  # no Chinese bold: rather regular than none
        bold = {**regular}
    return (
        Typeface(tuple(regular), bold=False, paths=tuple(regular.values()), wanted=wanted),
        Typeface(tuple(bold), bold=True, paths=tuple(bold.values()), wanted=wanted),
    )


def _emboldened(families: tuple[str, ...]) -> list[str]:
    """Return the families that have a bold face of their own."""
    heavy = {entry.name for entry in font_manager.fontManager.ttflist if int(_weight(entry.weight)) >= _BOLD - 100}
    return [family for family in families if family in heavy]


def _weight(weight: int | str) -> int:
    return weight if isinstance(weight, int) else font_manager.weight_dict.get(weight, 400)


def _find(family: str, *, bold: bool) -> Any:
    """Return the file (and the face in it) of an installed family; None where it is not installed."""
    wanted = FontProperties(family=family, weight=_BOLD if bold else "normal")
    try:
        return font_manager.findfont(wanted, fallback_to_default=False)
    except ValueError:
        return None
