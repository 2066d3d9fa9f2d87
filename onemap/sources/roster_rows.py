"""The rows of a roster below its headings: appointments, and what is none with the reason."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from onemap.domain.catalogue import LayerSpec
from onemap.translation import say

from .rejects import shown
from .roster_cells import (
    NO_FIRST_DAY,
    NO_LAST_DAY,
    Cell,
    Person,
    codes_in,
    day_of,
    fold,
    is_vacant,
    people_in,
    period_of,
    phones_in,
    turned,
)
from .roster_headings import SHIFTS, Heading, beside, role_words
from .roster_listing import Fault, Listing, text_of
from .roster_sheets import Sheet

_TOTAL = re.compile(r"(?:合\s*计|总\s*计|小\s*计|共\s*计|总人数|共\s*\d+)")
_NOTE = re.compile(r"(?:注|备注|说明|填表|制表|审核|填报|附|单位负责|联系人|更新日期|截至|截止)[^,]{0,8}?[::0-9(、]")
_SECTION = re.compile(r"(.{2,20}?(?:街道|镇|乡|社区|村|居委会|居民委员会|办事处))(?:\(.*\))?")
_DEPUTY = re.compile(r"副|B岗|备|替|代")
_PLACES = ("street", "community")
_ASSUMED = {"valid_from": NO_FIRST_DAY, "valid_to": NO_LAST_DAY}


@dataclass(frozen=True)
class Record:
    """One appointment, and where it stands."""

    sheet: str
    row: int
    facts: dict[str, Any]


@dataclass
class _Row:
    """A row that is being read."""

    sheet: Sheet
    number: int
    cells: list[Cell]
    heading: Heading
    above: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)

    def at(self, column: int) -> Cell:
        return self.cells[column] if column < len(self.cells) else None

    def text(self, name: str) -> str:
        """Return the text of the one column that holds ``name``, or what stands for it above."""
        columns = self.heading.of(name)
        return (fold(self.at(columns[0])) if columns else "") or self.above.get(name, "")

    def fault(self, column: int, reasons: Iterable[str], kind: str = "bad_value") -> None:
        found = shown(fold(self.at(column)))
        self.faults += [(column, kind, found, reason) for reason in reasons]


class RowReader:
    """Reads rows and collects the appointments and the list of what is none."""

    def __init__(
        self, spec: LayerSpec, *, constants: Mapping[str, str], grids: Mapping[str, str] | None, fill_down: bool
    ) -> None:
        self.spec, self.constants, self.fill_down = spec, constants, fill_down
        self.codes = None if grids is None else frozenset(grids.values())
        self.grids = {re.sub(r"\s+", "", fold(name)): code for name, code in (grids or {}).items()}
        self.roles = role_words(spec)
        self.records: list[Record] = []
        self.listing = Listing()

    def list_row(self, sheet: Sheet, number: int, cells: list[Cell], kind: str, reason: str) -> None:
        """List a row of which there is no holder."""
        self.listing.row(sheet.name, number, kind, text_of(cells), reason)

    def read(self, sheet: Sheet, heading: Heading) -> int:
        """Read the rows of a sheet; return how many blank cells were taken from above."""
        above: dict[str, str] = {}
        filled = 0
        for number, cells in sheet.rows:
            if number <= heading.rows[-1]:
                kind, reason = ("heading", say("headings")) if number >= heading.rows[0] else ("title", say("a title"))
                self.list_row(sheet, number, cells, kind, reason)
                continue
            row = _Row(sheet, number, cells, heading, above)
            known = self._no_appointment(row, above)
            if known:
                self.list_row(sheet, number, cells, *known)
                continue
            filled += self._take_over(row, above)
            self._appoint(row)
        return filled

    def _no_appointment(self, row: _Row, above: dict[str, str]) -> tuple[str, str] | None:
        """Return kind and reason of a row that is a total, a note, a section or the headings again."""
        texts = [fold(cell) for cell in row.cells]
        first = next(filter(None, texts))
        if _TOTAL.match(first):
            return "total", say("a total")
        parts = {at: title.split("/") for at, title in row.heading.titles.items()}
        again = [at for at, part in parts.items() if at < len(texts) and re.sub(r"\s+", "", texts[at]) in part]
        if len(again) > 1 and len(again) * 3 >= len(parts) * 2:
            return "heading", say("the headings again")
        if row.number in row.sheet.alone and not self._has_part(row, texts, first):
            return self._alone(first, above)
        return ("note", say("a note")) if _NOTE.match(first) else None

    def _has_part(self, row: _Row, texts: list[str], only: str) -> bool:
        """Tell whether the one cell that is filled in a row is a grid or a person in their own column."""
        at = [at for at, text in enumerate(texts) if text]
        if len(at) > 1:
            return False
        field = row.heading.columns[at[0]].field if at[0] in row.heading.columns else ""
        return (field == "grid_code" and _is_code(only)) or (field == "name" and not _NOTE.match(only))

    def _alone(self, text: str, above: dict[str, str]) -> tuple[str, str]:
        section = None if _NOTE.match(text) else _SECTION.fullmatch(re.sub(r"\s+", "", text))
        if section is None:
            return "note", say("a note")
        name = "community" if section[1].endswith(("社区", "村", "居委会", "居民委员会")) else "street"
        above[name] = section[1]
        return "section", say("the rows below belong to {place}", place=section[1])

    def _take_over(self, row: _Row, above: dict[str, str]) -> int:
        """Remember the places of a row for those below it; return how many of its cells are as above."""
        filled = 0
        names = [*_PLACES, *(("grid_code", "grid_name") if self.fill_down else ())]
        grid = any(fold(row.at(at)) for name in ("grid_code", "grid_name") for at in row.heading.of(name))
        for name in names:
            columns = row.heading.of(name)
            text = fold(row.at(columns[0])) if columns else ""
            if text:
                above[name] = text
            elif columns and above.get(name):
                if name in _PLACES and (row.sheet.merged and not self.fill_down):
                    del above[name]
                elif name in _PLACES or not grid:
                    filled += 1
                else:
                    del above[name]
        return filled

    def _appoint(self, row: _Row) -> None:
        """Read one row: one appointment for each person and grid, and what is wrong with its cells."""
        codes = self._codes(row)
        vacant: list[int] = []
        made: list[dict[str, Any]] = []
        names = row.heading.of("name")
        for at in names:
            people = people_in(row.at(at))
            row.fault(at, people.problems)
            if not people.values and not people.problems:
                vacant.append(at)
            phones = self._phones(row, at, people.values)
            for person, phone in zip(people.values, phones, strict=True):
                values = self._values(row, at, person) | {"name": person.name, "phone": phone}
                made += [values | {"grid_code": code} for code in codes]
        several = len(vacant) < len(names)
        for at in vacant:
            if not several or fold(row.at(at)):
                self._vacancy(row, at, codes)
        made = [{**values, **self.constants} for values in made]
        self.records += [Record(row.sheet.name, row.number, values) for values in made]
        self.listing.faults(row.sheet, row.number, row.cells, row.faults, lost=not made)

    def _vacancy(self, row: _Row, at: int, codes: tuple[str, ...]) -> None:
        if not codes:
            return
        meaning = row.heading.columns[at]
        post = ", ".join(filter(None, (meaning.role, meaning.shift)))
        template = "nobody is named for {grid} ({post})" if post else "nobody is named for {grid}"
        row.fault(at, [say(template, grid=", ".join(codes), post=post)], "vacancy")

    def _codes(self, row: _Row) -> tuple[str, ...]:
        """Return the grids of a row by their codes, looked up by their names where the roster names them."""
        if "grid_code" in self.constants:
            return (self.constants["grid_code"],)
        column = next(iter(row.heading.of("grid_code")), None)
        if column is not None:
            cell = row.at(column)
            cell = cell if fold(cell) else row.above.get("grid_code", "")
            named = self._looked_up(row, fold(cell))
            found = codes_in(cell)
            if named or found.values:
                row.fault(column, () if named else found.problems)
                codes = (named,) if named else found.values
                self._list_unknown(row, column, codes)
                return codes
            row.fault(column, found.problems)
            if found.problems:
                return ()
        return self._by_name(row, column)

    def _by_name(self, row: _Row, column: int | None) -> tuple[str, ...]:
        at = next(iter(row.heading.of("grid_name")), column)
        text = row.text("grid_name")
        code = self._looked_up(row, text) if text else None
        if code is None and at is not None:
            template = "no grid is called {name}: its code is needed" if text else "the code of the grid is needed"
            row.faults.append((at, "unreadable", shown(text), say(template, name=text)))
        return () if code is None else (code,)

    def _looked_up(self, row: _Row, name: str) -> str | None:
        parts = [re.sub(r"\s+", "", part) for part in (row.text("street"), row.text("community"), name)]
        return next(
            (self.grids[key] for key in (parts[2], "".join(parts[1:]), "".join(parts)) if key in self.grids), None
        )

    def _list_unknown(self, row: _Row, column: int, codes: tuple[str, ...]) -> None:
        unknown = [code for code in codes if self.codes is not None and code not in self.codes]
        row.fault(column, [say("there is no grid {code}", code=code) for code in unknown], "unknown_grid")

    def _phones(self, row: _Row, name_at: int, people: tuple[Person, ...]) -> list[str | None]:
        """Return the telephone of each of the people of a cell."""
        at = beside(row.heading, name_at, "phone")
        found = phones_in(row.at(at)) if at is not None else None
        own: list[str | None] = []
        for person in people:
            written = phones_in(person.phone) if person.phone else None
            own.append(written.values[0] if written and written.values else None)
            row.fault(name_at, written.problems if written else ())
        if found is None or at is None:
            return own
        row.fault(at, found.problems)
        numbers = found.values
        if not people or not numbers:
            return own
        if len(people) == 1:
            return [" ".join(numbers)]
        if len(numbers) == 1:
            count = len(people)
            row.fault(at, [say("one telephone for {count} people: it is taken for all of them", count=count)])
            return [mine or numbers[0] for mine in own]
        if len(numbers) == len(people) and not found.problems:
            return list(numbers)
        template = "{phones} telephones for {count} people: whose is which? One for each is needed, in the same order"
        row.fault(at, [say(template, phones=len(numbers), count=len(people))])
        return own

    def _values(self, row: _Row, name_at: int, person: Person) -> dict[str, Any]:
        """Return what a row says of one of its people besides name, telephone and grid."""
        meaning = row.heading.columns[name_at]
        values: dict[str, Any] = {"role": meaning.role or None, "shift": meaning.shift or None}
        values["deputy"] = max(meaning.order - 1, 0)
        remark = self._take_remark(values, person.remark)
        for one in self.spec.fields:
            at = beside(row.heading, name_at, one.name)
            if at is None or one.name in ("name", "phone", "grid_code") or not fold(row.at(at)):
                continue
            self._take(row, at, one.name, values)
        at = beside(row.heading, name_at, "period")
        if at is not None:
            period = period_of(row.at(at))
            row.fault(at, period.problems)
            for begin, end in period.values:
                values |= {name: day for name, day in (("valid_from", begin), ("valid_to", end)) if day}
        self._list_turned(row, name_at, values)
        if remark:
            values["note"] = "；".join(filter(None, (values.get("note"), remark)))
        if values["shift"] == "all":
            values["shift"] = None
        return values

    def _list_turned(self, row: _Row, name_at: int, values: Mapping[str, Any]) -> None:
        """List a term that ends before it begins."""
        fault = turned(values.get("valid_from"), values.get("valid_to"))
        columns = (beside(row.heading, name_at, name) for name in ("period", "valid_to", "valid_from"))
        at = next((one for one in columns if one is not None and fold(row.at(one))), None)
        if fault and at is not None:
            row.fault(at, [fault])

    def _take_remark(self, values: dict[str, Any], remark: str) -> str:
        role = next((value for word, value in self.roles if word in remark), None)
        if role and not values["role"]:
            values["role"] = role
        if _DEPUTY.match(remark):
            values["deputy"] = max(values["deputy"], 1)
        return "" if role else remark

    def _take(self, row: _Row, at: int, name: str, values: dict[str, Any]) -> None:
        """Put the value of a cell into its field; what does not fit is listed."""
        cell, text = row.at(at), fold(row.at(at))
        kind = self.spec.field(name)
        if kind.type == "date":
            found = day_of(cell, last=name == "valid_to")
            assumed = [say(_ASSUMED[name])] if name in _ASSUMED else []
            row.fault(at, ["; ".join([one, *assumed]) for one in found.problems])
            values[name] = found.values[0] if found.values else None
        elif name == "shift":
            values[name] = next((code for code, words in SHIFTS.items() if text in words), text)
        elif name == "deputy":
            values[name] = int(text) if text.isdigit() else int(bool(_DEPUTY.match(text)))
        elif name == "holder_code":
            values[name] = None if is_vacant(text) else text
        elif name == "role":
            self._take_role(row, at, text, values)
        elif kind.values:
            values[name] = kind.value_of(text)
            if values[name] is None:
                allowed = ", ".join(map(str, kind.values))
                row.fault(at, [say("{field} must be one of {allowed}", field=name, allowed=allowed)])
        else:
            values[name] = text

    def _take_role(self, row: _Row, at: int, text: str, values: dict[str, Any]) -> None:
        plain = _DEPUTY.sub("", text).strip("() ")
        role = self.spec.field("role").value_of(text) or self.spec.field("role").value_of(plain)
        if _DEPUTY.match(text):
            values["deputy"] = max(values["deputy"], 1)
        if role is None:
            row.fault(at, [say("{found} is no post that is known: it is taken as other", found=text)])
            values["note"] = text
        values["role"] = role or "other"

    def finished(self) -> list[Record]:
        """Return the appointments, each once and with a code of its own; the same one again is listed."""
        first: dict[tuple[Any, ...], int] = {}
        kept: list[Record] = []
        rows = Counter((one.sheet, one.row) for one in self.records)
        for record in self.records:
            key = tuple(sorted((name, str(value)) for name, value in record.facts.items() if value is not None))
            if key in first:
                rows[record.sheet, record.row] -= 1
                again = say("the same appointment stands in row {row} already", row=first[key])
                found = f"{record.facts['name']} {record.facts['grid_code']}"
                gone = rows[record.sheet, record.row] == 0
                self.listing.row(record.sheet, record.row, "duplicate", shown(found), again, removed=gone)
                continue
            first[key] = record.row
            kept.append(record)
        used = Counter(one.facts.get("holder_code") for one in kept)
        codes = [_code(one.facts, used) for one in kept]
        twice = Counter(codes)
        seen: Counter[str] = Counter()
        for record, code in zip(kept, codes, strict=True):
            seen[code] += 1
            record.facts["holder_code"] = code if twice[code] == 1 else f"{code}-{seen[code]}"
        return kept


def _code(values: Mapping[str, Any], used: Counter[Any]) -> str:
    """Return the code of an appointment: the person's own where they hold one grid, else made from the appointment."""
    own = values.get("holder_code")
    if own and used[own] == 1:
        return str(own)
    if own:
        return "/".join(filter(None, (str(own), values["grid_code"], values["shift"])))
    names = ("name", "phone", "grid_code", "role", "shift", "agency", "deputy", "valid_from", "valid_to")
    text = "|".join(str(values.get(name) or "") for name in names)
    return "R" + hashlib.blake2b(text.encode(), digest_size=6).hexdigest().upper()


def _is_code(text: str) -> bool:
    return bool(codes_in(text).values) and any(character.isdigit() for character in text)
