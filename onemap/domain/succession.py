"""Two lists of division codes compared: kept, renamed, gone, new, and what may have become of those that are gone."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ..errors import SchemaError, some
from ..translation import say

_LEVELS = {2: "province", 4: "prefecture", 6: "county", 9: "street", 12: "community", 14: "cell", 15: "cell"}
_PARENT = {2: 0, 4: 2, 6: 4, 9: 6, 12: 9, 14: 12, 15: 12}
_PADDING = ((12, 9, "000"), (9, 6, "000"), (6, 4, "00"), (4, 2, "00"))
_AREA = 4  # successors are looked for in the same prefecture
_LEAST_SHARE = 0.1  # of a division's vanished children, for another to count as a successor by its children
_LEAST_CHILDREN = 2

# Other ways to write the same name, and endings that change when a place is raised or turned into another kind.
_STYLES = (
    ("村村民委员会", "村委会"),
    ("村村委会", "村委会"),
    ("社区居民委员会", "社区"),
    ("社区居委会", "社区"),
    ("居民委员会", "居委会"),
    ("村民委员会", "村委会"),
    ("街道办事处", "街道"),
    ("地区办事处", "地区"),
)
_ENDINGS = ("居委会", "村委会", "社区", "街道", "地区", "镇", "乡", "区", "县", "市", "村")

SAME_NAME = "same name"
SAME_BUT_ENDING = "same name apart from its ending"
SAME_PARENT = "under the same parent {parent}"
PARENT_FOLLOWS = "under {parent}, which may have succeeded {old_parent}"
SAME_TAIL = "same last digits {tail}"
CHILDREN = "{there} of its {count} vanished children have a namesake under it"


@dataclass(frozen=True)
class Successor:
    """A code that may have taken the place of a vanished one.

    ``parent_agrees`` tells that its parent is the same, or may itself have succeeded the old parent; ``reason`` is the
    evidence as a sentence.
    """

    code: str
    name: str
    parent_agrees: bool
    children: int
    reason: str


@dataclass(frozen=True)
class CodeChange:
    """What became of one code: ``status`` is ``kept``, ``renamed``, ``gone`` or ``new``."""

    level: str
    status: str
    code: str
    old_name: str
    new_name: str
    successors: tuple[Successor, ...] = ()


@dataclass(frozen=True)
class CodeComparison:
    """Every code of two lists and what became of it, by level and code.

    Levels that stand in one of the lists only are not compared; ``left_out`` counts their codes.
    """

    rows: tuple[CodeChange, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """How many codes of each level were kept, renamed, are gone or new."""
        table: dict[str, dict[str, int]] = {}
        for row in self.rows:
            level = table.setdefault(row.level, {"kept": 0, "renamed": 0, "gone": 0, "new": 0})
            level[row.status] += 1
        return table

    def of(self, status: str, level: str | None = None) -> tuple[CodeChange, ...]:
        """Return the rows of a status, of one level or of all."""
        return tuple(row for row in self.rows if row.status == status and level in (None, row.level))

    def find(self, code: str) -> CodeChange:
        """Return what became of ``code``, written with or without the zeros of lower levels."""
        wanted = short_code(code)
        for row in self.rows:
            if row.code == wanted:
                return row
        raise SchemaError("{code} is in neither of the two lists", code=code)


def short_code(code: str) -> str:
    """Return a division code without the zeros that stand for the levels below.

    Examples
    --------
    >>> short_code("110101000000"), short_code("110101001000"), short_code("11010100100100")
    ('110101', '110101001', '110101001001')
    """
    if len(code) == 14 and code.endswith("00"):  # noqa: PLR2004 - the row of a community, CJ/T 213
        code = code[:12]
    for length, shorter, zeros in _PADDING:
        if len(code) == length and code.endswith(zeros):
            code = code[:shorter]
    return code


def plain_name(name: str) -> str:
    """Return a division's name in one way of writing.

    Examples
    --------
    >>> plain_name("东华门街道办事处"), plain_name("多福巷社区居民委员会")
    ('东华门街道', '多福巷社区')
    """
    text = "".join(unicodedata.normalize("NFKC", name).split())
    for long, short in _STYLES:
        if text.endswith(long):
            return text.removesuffix(long) + short
    return text


def base_name(name: str) -> str:
    """Return a division's name without the ending that tells its kind.

    Examples
    --------
    >>> base_name("屯留县"), base_name("屯留区"), base_name("西柏村村委会")
    ('屯留', '屯留', '西柏')
    """
    text = plain_name(name)
    for _ in range(2):
        ending = next((e for e in _ENDINGS if text.endswith(e) and len(text) - len(e) > 1), "")
        text = text.removesuffix(ending)
    return text


def compare_code_lists(
    old: Mapping[str, str] | Iterable[tuple[str, str]], new: Mapping[str, str] | Iterable[tuple[str, str]]
) -> CodeComparison:
    r"""Return what became of the codes of list ``old`` in list ``new``.

    Codes of 2, 4, 6, 9, 12, 14 or 15 digits, of one or several levels; codes of upper levels may be written with
    the zeros of the levels below. A name only written another way (居民委员会, 居委会) counts as kept. For codes that
    are gone, and for codes that now bear another name, new codes of the same prefecture with the same name are listed
    as possible successors, each with its evidence; a division whose name is gone too may be found by its children.
    They are candidates for a person to confirm. A code without a name has none.

    Raises
    ------
    SchemaError
        A code stands twice, or is of no known length.

    Examples
    --------
    >>> old = {"140424": "屯留县", "140424100": "麟绛镇", "140424101": "上村镇"}
    >>> new = {"140405": "屯留区", "140405100": "麟绛镇", "140405101": "上村镇"}
    >>> row = compare_code_lists(old, new).find("140424")
    >>> row.status, row.successors[0].code
    ('gone', '140405')
    >>> print(row.successors[0].reason.replace("; ", ";\n"))
    same name apart from its ending;
    2 of its 2 vanished children have a namesake under it;
    under the same parent 1404
    """
    before, after = _by_short_code(old), _by_short_code(new)
    both = {_LEVELS[len(code)] for code in before} & {_LEVELS[len(code)] for code in after}
    left_out = Counter(_LEVELS[len(code)] for code in (*before, *after) if _LEVELS[len(code)] not in both)
    before, after = ({c: n for c, n in codes.items() if _LEVELS[len(c)] in both} for codes in (before, after))
    return CodeComparison(_Comparison(before, after).rows(), dict(left_out))


def _by_short_code(codes: Mapping[str, str] | Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return names by short code, checked."""
    pairs = list(codes.items() if isinstance(codes, Mapping) else codes)
    named = {short_code(code): name for code, name in pairs}
    if len(named) < len(pairs):
        count = Counter(short_code(code) for code, _ in pairs)
        raise SchemaError("codes stand twice in one list: {codes}", codes=some(c for c, n in count.items() if n > 1))
    odd = sorted(code for code in named if len(code) not in _LEVELS or not (code.isascii() and code.isalnum()))
    if odd:
        raise SchemaError("not codes of 2, 4, 6, 9, 12, 14 or 15 digits: {codes}", codes=some(odd))
    return named


def _parent(code: str) -> str:
    """Return the code of the level above."""
    return code[: _PARENT[len(code)]]


class _Comparison:
    """One comparison, with the indexes it needs."""

    def __init__(self, old: dict[str, str], new: dict[str, str]) -> None:
        self.old, self.new = old, new
        self.lost = [code for code in old if code not in new or plain_name(old[code]) != plain_name(new[code])]
        self.namesakes = self._namesakes()
        self.followed = self._followed()
        self.vanished = Counter(_parent(code) for code in self.lost)
        self._candidates: dict[str, list[str]] = {}

    def _namesakes(self) -> dict[str, list[str]]:
        """Return, for each lost code, the new codes of its prefecture and level with its name."""
        index = defaultdict(list)
        for code, name in self.new.items():
            if name and (code not in self.old or plain_name(self.old[code]) != plain_name(name)):
                index[code[:_AREA], len(code), base_name(name)].append(code)
        return {
            code: [other for other in index[code[:_AREA], len(code), base_name(self.old[code])] if other != code]
            for code in self.lost
        }

    def _followed(self) -> dict[str, dict[str, int]]:
        """Return, for each parent of lost codes, how many of them have a namesake under each new parent."""
        table: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for code in self.lost:
            for parent in {_parent(other) for other in self.namesakes[code]}:
                table[_parent(code)][parent] += 1
        return table

    def candidates(self, code: str) -> list[str]:
        """Return the codes that may have succeeded ``code``: by name, or by children where the parents agree."""
        if code not in self._candidates:
            least = max(_LEAST_CHILDREN, _LEAST_SHARE * self.vanished[code])
            there = self.followed.get(code, {})
            by_children = [
                other
                for other in sorted(there)
                if there[other] >= least and other != code and other in self.new and self.parents_agree(code, other)
            ]
            self._candidates[code] = list(dict.fromkeys([*self.namesakes.get(code, []), *by_children]))
        return self._candidates[code]

    def parents_agree(self, code: str, other: str) -> bool:
        """Tell whether the parent of ``other`` is that of ``code``, or may have succeeded it."""
        old_parent, parent = _parent(code), _parent(other)
        return parent == old_parent or (old_parent in self.namesakes and parent in self.candidates(old_parent))

    def successors(self, code: str) -> tuple[Successor, ...]:
        """Return the possible successors of ``code`` with their evidence, the best first."""
        found = [self._successor(code, other) for other in self.candidates(code)]
        return tuple(sorted(found, key=lambda s: (not s.parent_agrees, -s.children, s.code)))

    def _successor(self, code: str, other: str) -> Successor:
        """Return ``other`` as a possible successor of ``code``."""
        before, after = self.old[code], self.new[other]
        said = []
        if other in self.namesakes[code]:
            said.append(say(SAME_NAME if plain_name(before) == plain_name(after) else SAME_BUT_ENDING))
        there = self.followed.get(code, {}).get(other, 0)
        if there:
            said.append(say(CHILDREN, "en", there=there, count=self.vanished[code]))
        old_parent, parent = _parent(code), _parent(other)
        agrees = self.parents_agree(code, other)
        if parent == old_parent:
            said.append(say(SAME_PARENT, "en", parent=parent))
        elif agrees:
            said.append(say(PARENT_FOLLOWS, "en", parent=parent, old_parent=old_parent))
        if code.removeprefix(old_parent) == other.removeprefix(parent):
            said.append(say(SAME_TAIL, "en", tail=code.removeprefix(old_parent)))
        return Successor(other, after, agrees, there, "; ".join(said))

    def rows(self) -> tuple[CodeChange, ...]:
        """Return what became of every code."""
        lost = set(self.lost)
        made = []
        for code in sorted({*self.old, *self.new}, key=lambda code: (len(code), code)):
            before, after = self.old.get(code, ""), self.new.get(code, "")
            if code not in self.old:
                status = "new"
            elif code not in self.new:
                status = "gone"
            else:
                status = "renamed" if code in lost else "kept"
            heirs = self.successors(code) if code in lost else ()
            made.append(CodeChange(_LEVELS[len(code)], status, code, before, after, heirs))
        return tuple(made)
