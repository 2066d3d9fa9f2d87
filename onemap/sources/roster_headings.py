"""Headings of a roster: one row or two, with shifts and posts side by side; what each column holds."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from onemap.domain.catalogue import LayerSpec, fold_heading

from .roster_cells import Cell, fold
from .roster_sheets import Sheet

SHIFTS = {
    "day": ("白班", "日班", "日间", "白天", "昼间", "白", "日", "早班"),
    "night": ("夜班", "夜间", "晚班", "晚间", "夜里", "夜", "晚"),
    "weekend": ("周末", "双休日"),
    "holiday": ("法定节假日", "节假日", "假日"),
    "all": ("全天", "24小时", "全时"),
}
"""Shift codes, and the words for them in headings and cells."""
_WORDS = {
    "street": ("街道", "街道名称", "所属街道", "镇街", "乡镇", "镇", "乡镇街道", "街镇"),
    "community": ("社区", "社区名称", "所属社区", "村社区", "社区(村)", "村(社区)", "村居", "村", "居委会"),
    "grid_name": ("网格", "网格名称", "网格名", "单元网格", "网格号", "责任区", "责任区域", "片区", "区域"),
    "period": ("任期", "聘期", "任职期限", "任职时间", "起止日期", "起止时间", "聘用期限", "任职起止时间"),
    "shift": ("班次", "班别", "值班班次", "值班时段", "轮班", "shift"),
    "serial": ("序号", "序", "编号", "no", "no."),
}
_PHONE_ENDS = ("电话", "手机", "手机号", "手机号码", "电话号码", "联系方式", "号码", "tel", "phone")
_NAME_ENDS = ("", "姓名", "人员", "名单", "人", "人员姓名", "负责人", "责任人", "name")
_POSTS = {"A岗": 1, "B岗": 2, "C岗": 3, "主岗": 1, "副岗": 2, "正职": 1, "副职": 2, "替班": 2, "备岗": 2, "副": 2}
_SEARCHED, _FEWEST = 40, 2


@dataclass(frozen=True)
class Meaning:
    """What a column holds: a field of the roster, of which shift, post and order among the people of a row."""

    field: str
    shift: str = ""
    role: str = ""
    order: int = 0

    @property
    def group(self) -> tuple[str, str, int]:
        """What sets the people of this column apart from the others of the row."""
        return self.shift, self.role, self.order


@dataclass(frozen=True)
class Heading:
    """The headings of one sheet: the numbers of their rows, and the meaning of each column that has one."""

    rows: tuple[int, ...]
    columns: Mapping[int, Meaning]
    titles: Mapping[int, str]

    def of(self, field: str) -> list[int]:
        """Return the columns that hold ``field``, from left to right."""
        return [at for at, meaning in sorted(self.columns.items()) if meaning.field == field]


def find_heading(sheet: Sheet, spec: LayerSpec, named: Mapping[str, str]) -> Heading | None:
    """Return the headings of a sheet, or None where no row says who holds what.

    Parameters
    ----------
    named
        Folded heading to the field that the caller says it is.
    """
    rows = sheet.rows[:_SEARCHED]
    best: tuple[int, int, Heading] | None = None
    for at, row in enumerate(rows):
        choices = [(row,), *([(row, rows[at + 1])] if at + 1 < len(rows) and rows[at + 1][0] == row[0] + 1 else [])]
        for chosen in choices:
            heading = _read([cells for _, cells in chosen], tuple(number for number, _ in chosen), spec, named)
            fields = {meaning.field for meaning in heading.columns.values()}
            if "name" not in fields or not fields & {"grid_code", "grid_name"}:
                continue
            score = len(set(heading.columns.values())) - _twice(heading)
            if score >= _FEWEST and (best is None or (score, -len(chosen)) > best[:2]):
                best = (score, -len(chosen), heading)
    return best[2] if best else None


def _twice(heading: Heading) -> int:
    """Return how many columns say the same as another under the same words: a heading that is not yet whole."""
    seen = [(meaning, heading.titles[at]) for at, meaning in heading.columns.items()]
    return len(seen) - len(set(seen))


def _read(
    rows: Sequence[Sequence[Cell]], numbers: tuple[int, ...], spec: LayerSpec, named: Mapping[str, str]
) -> Heading:
    width = max(map(len, rows))
    texts = [[re.sub(r"\s+", "", fold(row[at] if at < len(row) else None)) for at in range(width)] for row in rows]
    columns: dict[int, Meaning] = {}
    titles: dict[int, str] = {}
    above = ""
    for at in range(width):
        top, bottom = texts[0][at], texts[-1][at] if len(texts) > 1 else ""
        above = top or (above if bottom else "")
        parts = [top] if bottom in ("", top) else [top or above, bottom]
        meaning = meaning_of([part for part in parts if part], spec, named)
        if meaning is not None:
            columns[at], titles[at] = meaning, "/".join(parts)
    return Heading(numbers, columns, titles)


def meaning_of(parts: Sequence[str], spec: LayerSpec, named: Mapping[str, str]) -> Meaning | None:
    """Return what a column holds by its heading, from the upper to the lower part, or None.

    Examples
    --------
    >>> from onemap.domain.catalogue import load_catalogue
    >>> holder = load_catalogue()["holder"]
    >>> meaning_of(["夜班", "网格员电话"], holder, {})
    Meaning(field='phone', shift='night', role='grid_worker', order=0)
    """
    whole = fold_heading("".join(parts))
    last = fold_heading(parts[-1]) if parts else ""
    if not last:
        return None
    field = named.get(whole) or named.get(last)
    upper = _qualified("".join(parts[:-1]), spec)
    if field is None:
        field = _exact(last, spec)
    if field not in (None, "name", "phone"):
        return replace(upper[1], field=str(field)) if field else None
    rest, lower = _qualified(parts[-1], spec)
    if field is None:
        folded = fold_heading(rest)
        if folded in _NAME_ENDS and lower.group != ("", "", 0):
            field = "name"
        elif folded.endswith(_PHONE_ENDS):
            field = "phone"
        elif lower.group != ("", "", 0) and _exact(folded, spec) in ("name", "phone"):
            field = _exact(folded, spec)
    if field is None:
        return None
    above = upper[1]
    return Meaning(field, lower.shift or above.shift, lower.role or above.role, lower.order or above.order)


def _exact(heading: str, spec: LayerSpec) -> str | None:
    for field, words in _WORDS.items():
        if heading in words:
            return field
    return spec.canonical(heading)


def _qualified(text: str, spec: LayerSpec) -> tuple[str, Meaning]:
    """Return a heading without its words for shift, post and order, and those."""
    rest = fold(text)
    found = Meaning("")
    for order_word, order in sorted(_POSTS.items(), key=lambda item: -len(item[0])):
        if order_word in rest and not found.order:
            rest, found = rest.replace(order_word, "", 1), replace(found, order=order)
    for word, role in role_words(spec):
        if word in rest and not found.role:
            rest, found = rest.replace(word, "", 1), replace(found, role=role)
    for code, words in SHIFTS.items():
        for word in words:
            if word in rest and not found.shift and (len(word) > 1 or len(rest) == 1):
                rest, found = rest.replace(word, "", 1), replace(found, shift=code)
    return rest.strip("()-_/:的 "), found


def role_words(spec: LayerSpec) -> list[tuple[str, str]]:
    """Return the words for posts with the value each stands for, the longest first."""
    roles = spec.field("role")
    words = {label: value for value, label in roles.values.items()} | dict(roles.words)
    return sorted(((word, value) for word, value in words.items() if value != "other"), key=lambda item: -len(item[0]))


def beside(heading: Heading, name_at: int, name: str) -> int | None:
    """Return the column of a field that belongs to the people of a column of names, or None.

    The only column of a field belongs to all of them, but a telephone only to those it stands beside.
    """
    columns = heading.of(name)
    if not columns or name == "name":
        return None
    names = heading.of("name")
    if len(names) == 1 or (len(columns) == 1 and name != "phone" and heading.columns[columns[0]].group == ("", "", 0)):
        return columns[0]
    group = heading.columns[name_at].group
    mine = [at for at in columns if _owner(heading, names, at) == name_at]
    alike = [at for at in mine if heading.columns[at].group == group]
    return next(iter(alike or mine), None)


def _owner(heading: Heading, names: list[int], at: int) -> int:
    """Return the column of names that a column belongs to: that of the same words, else the nearest to the left."""
    meaning: Meaning = heading.columns[at]
    alike = [one for one in names if heading.columns[one].group == meaning.group]
    choice = alike or names
    return max((one for one in choice if one < at), default=choice[0])
