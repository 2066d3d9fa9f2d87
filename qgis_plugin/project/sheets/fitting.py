"""Expressions that fit text into its place: letters shrink as the text grows, and what is cut off is counted.

A label of QGIS has one size of letters, so there is one label for each size, and all but one are empty. QGIS breaks
lines at spaces only; Chinese has none, so lines of it are broken here.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from qgis.core import QgsRenderContext, QgsTextFormat, QgsTextRenderer

EM = 25.4 / 72  # millimetres a point
HALF = 0.53  # mean width of a Latin letter, half that of a Chinese one, in the size of letters
LINE = 1.5  # height of a line, in the size of letters
DOTS_A_MM = 100.0  # of measuring
ROUNDED = 1.02  # so much wider are small letters where they are moved to whole dots
_WIDE = "⺀-￯"  # letters of full width


@dataclass(frozen=True)
class Fit:
    """Letters of a size in a place: how many half letters a line holds, and how many lines there is room for."""

    points: float
    halves: int
    lines: int

    @classmethod
    def of(cls, points: float, width: float, height: float) -> "Fit":
        """Return the fit for a place of this width and height in millimetres."""
        size = points * EM
        return cls(points, int(width / (HALF * size)), max(1, int(height / (LINE * size))))


def halves_of(words: str) -> int:
    """Return how wide a text is, in half letters."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in words)


def size_for(texts: Sequence[str], width: float, letters: QgsTextFormat) -> float:
    """Return the size, in points, in which the widest of some texts just fills a width in millimetres.

    On this computer they are measured; another one may have wider letters, so the mean width counts where it is more.
    """
    finely = QgsRenderContext()
    finely.setScaleFactor(DOTS_A_MM)
    measured = QgsTextRenderer.textWidth(finely, letters, texts) / DOTS_A_MM / letters.size()
    return width / max(ROUNDED * measured, HALF * EM * max(1, *map(halves_of, texts)))


def widths_for(
    texts: Sequence[Sequence[str]], width: float, letters: QgsTextFormat, *, beside: float
) -> tuple[float, list[float]]:
    """Return the size of letters in which columns with these texts fill a width, and the width of each.

    ``beside`` is what each column leaves free, in millimetres.
    """
    a_point = [1 / size_for(column, 1.0, letters) for column in texts]
    room = width - beside * len(a_point)
    return room / sum(a_point), [room * one / sum(a_point) + beside for one in a_point]


def line_shown(expression: str, fits: Sequence[Fit]) -> list[str]:
    """Return an expression for each size: the text of one line where this size is the largest that holds it."""
    halves = f"(length(@said) + length(regexp_replace(@said, '[^{_WIDE}]', '')))"
    found = []
    for number, fit in enumerate(fits):
        last = number + 1 == len(fits)
        larger = f"{halves} > {fits[number - 1].halves}" if number else ""
        here = "" if last else f"{halves} <= {fit.halves}"
        shown = "replace(@said, '、', '、 ')" if last else "@said"  # the smallest letters may take a second line
        rule = " and ".join(part for part in (larger, here) if part) or "true"
        found.append(f"with_variable('said', coalesce({expression}, ''), if({rule}, {shown}, ''))")
    return found


def list_shown(texts: str, fits: Sequence[Fit], *, more: str) -> list[str]:
    """Return an expression for each size: an array as a list, where this size is the largest that holds it.

    The smallest letters show as many as have room, and ``more`` (with ``{count}``) says how many are left off.
    """
    found = []
    for number, fit in enumerate(fits):
        rules = [f"{_lines(_joined(larger))} > {larger.lines}" for larger in fits[:number]]
        whole = f"{_lines(_joined(fit))} <= {fit.lines}"
        if number + 1 < len(fits):
            shown = f"if({' and '.join([*rules, whole])}, {_joined(fit)}, '')"
        else:
            shown = f"if({' and '.join(rules) or 'true'}, if({whole}, {_joined(fit)}, {_cut(fit, more)}), '')"
        found.append(f"with_variable('texts', coalesce({texts}, array()), {shown})")
    return found


def _blocks(fit: Fit) -> str:
    """Return each text behind a dot, its lines broken and indented."""
    room = fit.halves - 4
    chinese = f"regexp_replace(@element, '(.{{{room // 2}}})(?=.)', '\\\\1\\n')"
    broken = f"if(regexp_match(@element, '[{_WIDE}]') > 0, {chinese}, wordwrap(@element, {room}))"
    return f"array_foreach(@texts, '· ' || replace({broken}, '\\n', '\\n   '))"


def _joined(fit: Fit) -> str:
    return f"array_to_string({_blocks(fit)}, '\\n')"


def _lines(text: str) -> str:
    """Return the number of lines of a text."""
    return f"(length({text}) - length(replace({text}, '\\n', '')) + 1)"


def _cut(fit: Fit, more: str) -> str:
    first = "array_to_string(array_slice(@blocks, 0, @element - 1), '\\n')"
    whole = f"array_filter(generate_series(1, array_length(@texts)), {_lines(first)} < {fit.lines})"
    kept = "array_to_string(array_slice(@blocks, 0, @kept - 1), '\\n')"
    rest = f"replace('{more}', '{{count}}', to_string(array_length(@texts) - @kept))"
    return (
        f"with_variable('blocks', {_blocks(fit)}, with_variable('kept', coalesce(array_max({whole}), 1), "
        f"{kept} || '\\n' || {rest}))"
    )
