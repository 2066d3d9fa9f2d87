"""What offices write into one cell of a roster: several names, telephone numbers as numbers, codes, days."""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import Generic, TypeVar

from onemap.domain.moments import moment
from onemap.translation import say

Cell = str | float | bool | None
T = TypeVar("T")

_HARD = re.compile(r"(?:[^、,;/|\n\r\t()]|\([^)]*\)?|\))+")  # the parts between separators; brackets stay whole
_BRACKETS = re.compile(r"\(([^)]*)\)?|\[([^\]]*)\]?|【([^】]*)】?")
_DIGITS = re.compile(r"\+?\d[\d\-— ]{5,}\d(?:转\d+)?")
_PHONE = re.compile(r"1\d{10}|0\d{2,3}-?\d{7,8}(?:-\d{1,6})?|\d{7,8}(?:-\d{1,6})?|400\d{7}|\d{3,6}")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e\+?\d+", re.IGNORECASE)
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.\-]*")
_SERIAL = re.compile(r"\d{5}(?:\.0+)?")
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_NOBODY = frozenset((
    "无", "缺", "空", "空缺", "暂缺", "暂无", "缺员", "缺岗", "空岗", "待定",
    "待补", "待聘", "待配", "待招", "未定", "未配", "未配备",
    "没有",     "none", "vacant", "n/a",
))  # fmt: skip
_BODIES = ("队", "所", "局", "办", "中心", "公司", "站", "委", "处", "部", "物业")
_UNTIL_FURTHER = ("至今", "今", "现在", "目前", "长期有效", "长期", "永久", "在任", "不限", "无固定期限")
_DASHES = re.compile("[-\u2010-\u2015\u2212\u2500]+")
_OPEN_TERM = re.compile(rf"(.+?)[\s起至到~\u301c-]*(?:{'|'.join(_UNTIL_FURTHER)})")
_BETWEEN = re.compile("起?\\s*(?:至|到|~|\u301c)|起\\s*-?(?=.)")
_LONE_DAY = re.compile(r"\d{4}-\d{1,2}(?:-\d{1,2}(?:[ T].*)?)?")
_DAY_NUMBERS = 3
NO_FIRST_DAY = "its first day is not known: it counts as in force from ever"
NO_LAST_DAY = "its last day is not known: it counts as in force until further notice"
_LONGEST_NAME, _SPACED, _LONGEST_BODY = 5, 3, 30
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 80_000  # 1954 to 2119, as Excel counts days
_EPOCH = dt.date(1899, 12, 30)  # Excel's day 0, with its 29 February 1900
_EXACT_DIGITS = 15


@dataclass(frozen=True)
class Person:
    """One person named in a cell: the name, a number written beside it, and what stands in brackets."""

    name: str
    phone: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Found(Generic[T]):
    """What a cell holds, and what is wrong with it: finished English sentences."""

    values: tuple[T, ...]
    problems: tuple[str, ...] = ()


def fold(cell: Cell) -> str:
    r"""Return a cell as text: full-width folded, whole numbers without ``.0``, blank where it is empty.

    Examples
    --------
    >>> fold(13800000000.0), fold("\uff11\uff13\uff18 "), fold(None)
    ('13800000000', '138', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int | float):
        return str(int(cell)) if float(cell).is_integer() else repr(float(cell))
    text = unicodedata.normalize("NFKC", cell)
    return re.sub("[\u200b-\u200f\u2060\ufeff]", "", text).strip()


def is_vacant(text: str) -> bool:
    """Tell whether a folded text says that there is nobody.

    Examples
    --------
    >>> is_vacant("空缺"), is_vacant("—"), is_vacant("张三")
    (True, True, False)
    """
    return not re.sub(r"[-—–_/\\.·*\s()]+", "", text) or text.strip("() ").casefold() in _NOBODY


def people_in(cell: Cell) -> Found[Person]:
    r"""Return the people named in a cell, in its order.

    Names are separated by ``、 ， ; / |``, lines or blanks; a blank that pads a name of two characters is none. A
    number beside a name is its telephone; what stands in brackets is a remark.

    Examples
    --------
    >>> [person.name for person in people_in("张 三、李四（兼）\n王五13800000000").values]
    ['张三', '李四', '王五']
    >>> people_in("张三等3人").problems
    ('张三等3人 is no name: every person is needed by name',)
    """
    people: list[Person] = []
    problems: list[str] = []
    for part in _HARD.findall(fold(cell)):
        text, remarks = _without_brackets(part)
        numbers = _DIGITS.findall(text)
        text = _DIGITS.sub(" ", text)
        numbers += [number for remark in remarks for number in _DIGITS.findall(remark)]
        remark = "、".join(filter(None, (_DIGITS.sub("", one).strip(" :") for one in remarks)))
        text = re.sub(r"(?:联系)?(?:电话|手机|tel)?\s*[::]|(?:电话|手机)\s*$", " ", text, flags=re.IGNORECASE).strip()
        if not text:
            if numbers and people and not people[-1].phone:
                people[-1] = Person(people[-1].name, numbers.pop(0), people[-1].remark)
            problems += [_no_name(part.strip())] if numbers or remark else []
            continue
        if is_vacant(text):
            continue
        names = _names(text)
        if not names or not all(map(_is_name, names)) or len(numbers) > len(names):
            problems.append(_no_name(part.strip()))
            continue
        people += [Person(name, phone, remark) for name, phone in zip(names, _dealt(numbers, len(names)), strict=True)]
    return Found(tuple(people), tuple(problems))


def _without_brackets(part: str) -> tuple[str, list[str]]:
    remarks = ["".join(found).strip() for found in _BRACKETS.findall(part)]
    return _BRACKETS.sub(" ", part).strip(), [remark for remark in remarks if remark]


def _dealt(numbers: list[str], people: int) -> list[str]:
    """Return one number for each of the people: their own, or the only one for the first."""
    return [*numbers, *[""] * (people - len(numbers))]


def _no_name(text: str) -> str:
    return say("{found} is no name: every person is needed by name", found=text)


def _names(text: str) -> list[str]:
    """Return the names between blanks; single characters belong to the name beside them."""
    tokens = text.split()
    if all(token.isascii() for token in tokens):
        return [" ".join(tokens)]
    single = [len(token) == 1 for token in tokens]
    if all(single):
        return ["".join(tokens)] if 1 < len(tokens) <= _SPACED else []
    names: list[str] = []
    while tokens:
        name = tokens.pop(0)
        if len(name) == 1:
            if not tokens:
                return []
            name += tokens.pop(0)
        names.append(name)
    return names


def _is_name(name: str) -> bool:
    """Tell whether a text can be the name of a person or of a body that answers."""
    if not 1 < len(name) <= _LONGEST_BODY or any(c.isdigit() for c in name) or name.endswith(("等", "等人", "人员")):
        return False
    if any(not (c.isalpha() or c in "·•. '-") for c in name):
        return False
    return name.isascii() or "·" in name or len(name) <= _LONGEST_NAME or name.endswith(_BODIES)


def phones_in(cell: Cell) -> Found[str]:
    r"""Return the telephone numbers in a cell, in its order: digits, with ``-`` before an extension or after an area.

    Examples
    --------
    >>> phones_in(1.38e10).values, phones_in("\uff11\uff13\uff18 0000 0000\uff0f010-88888888").values
    (('13800000000',), ('13800000000', '010-88888888'))
    >>> phones_in("1.38E+10").problems
    ('1.38E+10 is a rounded number: the telephone is needed as text',)
    """
    if isinstance(cell, bool):
        return Found((), (_no_phone(fold(cell)),))
    text = fold(cell)
    phones: list[str] = []
    problems: list[str] = []
    for part in filter(None, (one.strip() for one in re.split(r"[、,;/|\n\r\t]", text))):
        if is_vacant(part):
            continue
        if _SCIENTIFIC.fullmatch(part):
            problems.append(say("{found} is a rounded number: the telephone is needed as text", found=part))
            continue
        whole = _phone(part)
        split = [whole] if whole else [_phone(one) for one in part.split()]
        if all(split) and split:
            phones += [one for one in split if one]
        else:
            problems.append(_no_phone(part))
    return Found(tuple(phones), tuple(problems))


def _no_phone(text: str) -> str:
    return say("{found} is no telephone number: 11 digits, or an area code and 7 or 8 are needed", found=text)


def _phone(text: str) -> str | None:
    """Return one telephone number in its plain form, or None where the text is none or several."""
    plain = re.sub(r"^(?:(?:联系)?电话|手机|tel)?[::\s]*", "", text, flags=re.IGNORECASE)
    plain = re.sub(r"^(?:\+|00)86[- ]?", "", plain.strip("'\"` ")).removesuffix(".0")
    plain = re.sub(r"[—–()]", "-", plain).replace("转", "-").strip("- ")
    if re.fullmatch(r"1[\d\- ]+", plain) or re.fullmatch(r"400[\d\- ]+", plain):
        plain = re.sub(r"[- ]", "", plain)
    else:
        plain = re.sub(r"-+", "-", re.sub(r"(?<=\d) (?=\d)", "", plain.replace(" -", "-").replace("- ", "-")))
    return plain if _PHONE.fullmatch(plain) else None


def codes_in(cell: Cell) -> Found[str]:
    r"""Return the codes in a cell, in its order; what is no code is returned as a problem.

    Examples
    --------
    >>> codes_in(110102007012035.0).values, codes_in("'\uff1011 ;012").values
    (('110102007012035',), ('011', '012'))
    >>> codes_in("1.10102E+14").problems
    ('1.10102E+14 is a rounded number: the code is needed as text',)
    """
    text = fold(cell)
    rounded = isinstance(cell, int | float) and len(text.removesuffix(".0")) > _EXACT_DIGITS
    codes: list[str] = []
    problems: list[str] = []
    for part in filter(None, (one.strip(" '\"`=") for one in re.split(r"[、,;/|\s]+", text))):
        plain = part.removesuffix(".0") if re.fullmatch(r"\d+\.0", part) else part
        if (_SCIENTIFIC.fullmatch(plain) and ("+" in plain or "." in plain)) or rounded:
            problems.append(say("{found} is a rounded number: the code is needed as text", found=part))
        elif "." in plain and plain.replace(".", "").isdigit():
            problems.append(say("{found} is a number and no code: the code is needed as text", found=part))
        elif _CODE.fullmatch(plain):
            codes.append(plain)
        elif not is_vacant(plain):
            problems.append(
                say("{found} is a name: the code of the grid is needed (or the grids, to look it up)", found=part)
            )
    return Found(tuple(codes), tuple(problems))


def day_of(cell: Cell, *, last: bool = False) -> Found[dt.date | None]:
    """Return the day that a cell names; a month alone is its first day, or the last for the end of an appointment.

    Numbers are Excel's serial days (the 1900 system). A number such as 2026.1 may have been 2026.10 and is a problem.

    Examples
    --------
    >>> day_of(46082.0).values, day_of("2026年3月", last=True).values
    ((datetime.date(2026, 3, 1),), (datetime.date(2026, 3, 31),))
    >>> day_of("长期").values
    (None,)
    """
    text = fold(cell)
    if is_vacant(text) or text in _UNTIL_FURTHER:
        return Found((None,))
    text = re.sub(r"^(?:自|从|至|到)\s*|\s*(?:起|止|为止|开始)$", "", text)
    if isinstance(cell, float) and re.fullmatch(r"\d{4}\.1", text):
        return Found(
            (), (say("{found} is a number: January and October look the same in it, a date is needed", found=text),)
        )
    number = float(text) if isinstance(cell, int | float) or _SERIAL.fullmatch(text) else 0.0
    if _FIRST_SERIAL <= number < _LAST_SERIAL:
        return Found((_EPOCH + dt.timedelta(days=int(number)),))
    month = _MONTH.fullmatch(text) or re.fullmatch(r"((?:19|20)\d{2})(0[1-9]|1[0-2])", text)
    try:
        if month:
            first = dt.date(int(month[1]), int(month[2]), 1)
            return Found(
                ((first.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1),)
                if last
                else (first,)
            )
        found = moment(re.sub(r"\s+", " ", text))
    except (ValueError, OverflowError):
        found = None
    if found is None:
        return Found((), (say("{found} is no date: year, month and day are needed", found=text),))
    return Found((found.date(),))


def period_of(cell: Cell) -> Found[tuple[dt.date | None, dt.date | None]]:
    """Return the first and the last day of a period: where one of them cannot be read, the other stands.

    Examples
    --------
    >>> period_of("2025.1.1-2026.12.31").values[0][1]
    datetime.date(2026, 12, 31)
    >>> period_of("2025.1.1-至今").values
    ((datetime.date(2025, 1, 1), None),)
    >>> found = period_of("2026.13.1-2026.12.31")
    >>> found.values, len(found.problems)
    (((None, datetime.date(2026, 12, 31)),), 1)
    """
    text = fold(cell)
    if is_vacant(text) or text in _UNTIL_FURTHER:
        return Found(((None, None),))
    first, last = (cell, "") if isinstance(cell, int | float) else _sides(_DASHES.sub("-", text))
    begin, end = day_of(first), day_of(last, last=True)
    problems = [f"{one}; {say(NO_FIRST_DAY)}" for one in begin.problems]
    problems += [f"{one}; {say(NO_LAST_DAY)}" for one in end.problems]
    return Found(((next(iter(begin.values), None), next(iter(end.values), None)),), tuple(problems))


def turned(begin: dt.date | None, end: dt.date | None) -> str:
    """Return what is wrong with a term that ends before it begins; blank where nothing is."""
    if begin is None or end is None or begin <= end:
        return ""
    template = "the last day {end} is before the first day {begin}: it is in force on no day"
    return say(template, begin=begin, end=end)


def _sides(text: str) -> tuple[str, str]:
    """Return the two days of a term as they are written; blank where it has no such end."""
    text = re.sub("^截(?:止|至|到)*", "至", text)
    until_further = _OPEN_TERM.fullmatch(text)
    if until_further:
        return until_further[1], ""
    parts = _BETWEEN.split(text, maxsplit=1)
    if len(parts) == 1:
        parts = _cut(text)
    return parts[0].strip("- "), parts[1].strip("- ")


def _cut(text: str) -> list[str]:
    """Return a term cut at the hyphen that leaves most of it readable as days."""
    cuts = [[text[: one.start()].strip(), text[one.end() :].strip()] for one in re.finditer("-", text)]
    if not cuts or _LONE_DAY.fullmatch(text):
        return [text, ""]
    readable = [[side for side in cut if _is_day(side)] for cut in cuts]
    weights = [
        (len(sides), sum(map(len, sides)), -abs(len(cut[0]) - len(cut[1])))
        for cut, sides in zip(cuts, readable, strict=True)
    ]
    return cuts[weights.index(max(weights))]


def _is_day(text: str) -> bool:
    """Tell whether a text is one day or month: more numbers than three are a second day, not an hour."""
    return bool(text) and len(re.findall(r"\d+", text)) <= _DAY_NUMBERS and not day_of(text).problems
