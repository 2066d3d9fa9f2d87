"""What is wrong with a code: one problem a digit group, in both languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import SchemaError
from ..translation import say
from .code_parts import Title


def in_language(values: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return ``values`` with each `Title` in ``language``."""
    return {key: value.text(language) if isinstance(value, Title) else value for key, value in values.items()}


@dataclass(frozen=True)
class CodeProblem:
    """One thing wrong with a code.

    Attributes
    ----------
    kind
        ``damaged`` (by a spreadsheet or an input method), ``empty``, ``length``, ``character``, ``range``,
        ``level`` or ``check``.
    part
        Name of the digit group, empty where the code as a whole is meant.
    start, end
        Its first and last character, counted from 1; 0 where the code as a whole is meant.
    found, needed
        What stands there and what may stand there.
    damage
        For ``damaged``: ``number``, ``decimal``, ``scientific``, ``rounded``, ``lost_zeros``, ``full_width``,
        ``spaces``, ``quotes``, ``separators`` or ``lower_case``.
    proposal
        The code that was meant, only where nothing of it is lost; it is never applied.
    """

    kind: str
    template: str
    part: str = ""
    start: int = 0
    end: int = 0
    found: str = ""
    needed: str = ""
    damage: str = ""
    proposal: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def text(self, language: str = "en") -> str:
        """Return the problem as a sentence in ``language`` (``"en"`` or ``"zh"``)."""
        known = {"found": self.found, "needed": self.needed, "start": self.start, "end": self.end, **self.values}
        if self.proposal is not None:
            known["proposal"] = self.proposal
        return say(self.template, language, **in_language(known, language))

    def __str__(self) -> str:
        """Return the problem as an English sentence."""
        return self.text()


class CodeError(SchemaError):
    """A code cannot be worked on; ``problems`` holds everything that is wrong with it."""

    def __init__(self, code: object, profile: str, problems: Sequence[CodeProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "{code} is not a code of {profile}: {problems}",
            code=code,
            profile=profile,
            problems="; ".join(problem.text() for problem in problems),
        )

    def text(self, language: str = "en") -> str:
        """Return the whole message in ``language`` (``"en"`` or ``"zh"``)."""
        mark = "；" if language == "zh" else "; "
        listed = mark.join(problem.text(language) for problem in self.problems)
        return say(self.template, language, **{**self.values, "problems": listed})
