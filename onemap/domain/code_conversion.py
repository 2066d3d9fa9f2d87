"""A code in another profile: only where nothing is lost and nothing has to be invented."""

from collections.abc import Sequence
from typing import Any

from ..errors import SchemaError
from ..translation import say
from .classes import crosswalk
from .code_parts import PartSpec, ProfileSpec, Title
from .code_problems import CodeProblem, in_language
from .parsed_code import ParsedCode, ParsedPart

_LOST = "{code} cannot become a code of {target}: its {part} {digits} would be lost"
_UNKNOWN = "{code} cannot become a code of {target}: {part} is unknown, {source} does not hold it"
_NO_WHOLE = (
    "{code} cannot become a code of {target}: {part} {digits} stands for the level above, {target} has no such code"
)
_NARROW = "{code} cannot become a code of {target}: {part} {digits} does not fit in {length} digits"
_MEANS_WHOLE = "{code} cannot become a code of {target}: {part} {digits} would there stand for the level above"
_NO_CLASS = "{code} cannot become a code of {target}: class {class_code} ({name}) has no class of the same name there"
_LIKELY = (
    "{code} cannot become a code of {target}: class {class_code} ({name}) has no class of the same name there, "
    "a person must decide whether {likely} ({likely_name}) is meant"
)
_UNSOUND = "{code} cannot become a code of {target}: {problems}"
_KIND = "{code} cannot become a code of {target}: a code of {source_kind} is not a code of {target_kind}"


class ConversionError(SchemaError):
    """A code cannot be converted without losing or inventing something."""

    def text(self, language: str = "en") -> str:
        """Return the message in ``language`` (``"en"`` or ``"zh"``)."""
        return say(self.template, language, **in_language(self.values, language))


def convert(parsed: ParsedCode, source: ProfileSpec, target: ProfileSpec) -> str:
    """Return ``parsed`` as a code of ``target``.

    Digit groups of the same name are carried over; a serial is widened by zeros in front, and narrowed only by such
    zeros. Classes go by the crosswalk of exactly equal names.

    Raises
    ------
    ConversionError
        A digit group would be lost or would have to be invented.
    """
    known: dict[str, Any] = {"code": parsed.code, "source": source.name, "target": target.name}
    if _is_of_classes(source) != _is_of_classes(target) or (_is_of_classes(source) and source.kind != target.kind):
        raise ConversionError(_KIND, **known, source_kind=source.kind, target_kind=target.kind)
    held = {part.name: part for part in parsed.parts}
    digits: dict[str, str] = {}
    if _is_of_classes(source):
        digits = _classes(held, source, target, known)
    wholes = {part.name: part.whole for part in source.parts}
    for part in target.parts:
        if part.name not in digits:
            digits[part.name] = _carried(part, held.get(part.name), wholes, known)
    for part in source.parts:
        if part.name not in digits and held[part.name].digits != part.whole:
            raise ConversionError(_LOST, **known, part=part.title, digits=held[part.name].digits)
    return "".join(digits[part.name] for part in target.parts)


def unsound(code: str, source: str, target: str, problems: Sequence[CodeProblem]) -> ConversionError:
    """Return the error for a code whose groups all fit but are not sound in ``target``."""
    said = Title(zh="；".join(p.text("zh") for p in problems), en="; ".join(p.text("en") for p in problems))
    return ConversionError(_UNSOUND, code=code, source=source, target=target, problems=said)


def _is_of_classes(spec: ProfileSpec) -> bool:
    """Tell whether the codes of ``spec`` hold a class of a class table."""
    return any(part.classes for part in spec.parts)


def _carried(part: PartSpec, held: ParsedPart | None, wholes: dict[str, str], known: dict[str, Any]) -> str:
    """Return the digits of ``part`` from the group of the same name."""
    if held is None:
        if part.whole:
            return part.whole
        raise ConversionError(_UNKNOWN, **known, part=part.title)
    told = {**known, "part": part.title, "digits": held.digits}
    if wholes[part.name] and held.digits == wholes[part.name]:
        if not part.whole:
            raise ConversionError(_NO_WHOLE, **told)
        return part.whole
    short = held.digits if len(held.digits) <= part.length else held.digits.lstrip("0")
    if len(short) > part.length:
        raise ConversionError(_NARROW, **told, length=part.length)
    digits = short.zfill(part.length)
    if part.whole and digits == part.whole:
        raise ConversionError(_MEANS_WHOLE, **told)
    return digits


def _classes(
    held: dict[str, ParsedPart], source: ProfileSpec, target: ProfileSpec, known: dict[str, Any]
) -> dict[str, str]:
    """Return major and minor digits in the class table of ``target``."""
    old_scheme, kind = next(part.classes for part in source.parts if part.classes).split("/")
    new_scheme = next(part.classes for part in target.parts if part.classes).split("/")[0]
    major, minor = held["major"].digits, held["minor"].digits
    if old_scheme == new_scheme:
        return {"major": major, "minor": minor}
    row = crosswalk(old_scheme, new_scheme, kind).get(major + minor)
    if row is None or row.new is None:
        told = {**known, "class_code": major + minor, "name": row.old.name if row is not None else "?"}
        if row is not None and row.likely is not None:
            raise ConversionError(_LIKELY, **told, likely=row.likely.code, likely_name=row.likely.name)
        raise ConversionError(_NO_CLASS, **told)
    return {"major": row.new.major, "minor": row.new.minor}
