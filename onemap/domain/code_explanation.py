"""Codes explained: a row for each digit group, and a sentence for people."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..translation import say
from .code_parts import ProfileSpec
from .code_problems import CodeProblem
from .parsed_code import FREE, ParsedPart, take_apart

_ROW = "{digits} {title}: {meaning}"
_NAMED = "{digits} {title}: {name} ({meaning})"
_TRUST = {"S": "from one source", "M": "unverified"}


@dataclass(frozen=True)
class ExplainedPart:
    """One digit group, explained in one language."""

    name: str
    digits: str
    title: str
    meaning: str
    official_name: str
    trust: str
    sentence: str
    problem: str


@dataclass(frozen=True)
class Explanation:
    """A code explained: ``rows`` one a digit group, ``str()`` the whole in sentences."""

    code: str
    profile: str
    title: str
    rows: tuple[ExplainedPart, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    def __iter__(self) -> Iterator[ExplainedPart]:
        """Iterate over the rows."""
        return iter(self.rows)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def __str__(self) -> str:
        """Return the explanation as lines of text."""
        head = f"{self.code} - {self.title} ({self.profile})"
        return "\n".join([head, *(row.sentence for row in self.rows), *self.problems, *self.notes])


def explain(
    spec: ProfileSpec, code: str, problems: Sequence[CodeProblem], language: str, names: Mapping[str, str]
) -> Explanation:
    """Return ``code`` explained; groups of a code of the wrong length cannot be told and are left out."""
    wrong: dict[str, list[str]] = {}
    for problem in problems:
        wrong.setdefault(problem.part, []).append(problem.text(language))
    rows: tuple[ExplainedPart, ...] = ()
    if len(code) == spec.length:
        parsed = take_apart(spec, code)
        rows = tuple(_row(part, language, names.get(part.code, ""), wrong.get(part.name, [])) for part in parsed)
    told = {row.name for row in rows}
    rest = tuple(text for part, texts in wrong.items() if part not in told for text in texts)
    return Explanation(
        code=code,
        profile=spec.name,
        title=spec.title.text(language),
        rows=rows,
        problems=rest,
        notes=tuple(note.text(language) for note in spec.notes),
    )


def _row(part: ParsedPart, language: str, official: str, problems: Sequence[str]) -> ExplainedPart:
    """Return one digit group explained."""
    mark = "；" if language == "zh" else "; "
    meaning = part.meaning.text(language)
    if part.trust in _TRUST and part.meaning is not FREE:
        open_, close = ("（", "）") if language == "zh" else (" (", ")")
        meaning += f"{open_}{say(_TRUST[part.trust], language)}{close}"
    sentence = say(
        _NAMED if official else _ROW,
        language,
        digits=part.digits,
        title=part.title.text(language),
        meaning=meaning,
        name=official,
    )
    problem = mark.join(problems)
    return ExplainedPart(
        name=part.name,
        digits=part.digits,
        title=part.title.text(language),
        meaning=meaning,
        official_name=official,
        trust=part.trust,
        sentence=f"{sentence}{mark}{problem}" if problem else sentence,
        problem=problem,
    )
