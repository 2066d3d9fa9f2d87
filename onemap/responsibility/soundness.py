"""Which rows of duties, appointments and grids cannot be meant as they stand: what they name must be known."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import Any, Final

import numpy as np
import pandas as pd

from onemap.domain.catalogue import load_catalogue
from onemap.domain.classes import ClassTable, class_tables
from onemap.domain.duties import DUTY_GRID, Duty, Holder, Matter, as_text, parse_matters
from onemap.domain.validity import VALID_FROM, VALID_TO
from onemap.errors import SchemaError, some
from onemap.geo.dated import day_numbers
from onemap.translation import say

Problem = tuple[Any, str, str]
"""Label of the row in its table, its code, and what is wrong with it."""

NO_MATTERS: Final = "matters is empty, write the classes that the duty is for, or * for all"
UNLISTED: Final = "no class table lists the matters {matters}, so the duty is not for them, known are {known}"
NO_SUCH_ROLE: Final = "nobody has the role {role}, known are {known}"
NO_SUCH_HOLDER: Final = "no roster has the holder {code}, so nobody stands for the duty"
ODD_ROLE: Final = "the role {role} is none of {known}, so the holder comes after all others"
NO_SUCH_GRID: Final = "no {scope} of this map has the code {code}"
NO_SUCH_PLACE: Final = "no grid, road or object of this map has the code {code}"
NO_SUCH_SCOPE: Final = "{scope} is no scope of this map; it has {known}"
INVERTED: Final = "valid_to {last} is before valid_from {first}, so it is never in force"
_MAJOR_DIGITS: Final = 2


def sound_matters(duty: Duty, scheme: str) -> tuple[Duty | None, str]:
    """Return a duty for those of its matters that can be meant, None where there is none, and what is wrong."""
    matters = parse_matters(duty.matters)
    wrong = [matter for matter in matters if not _listed(matter, scheme)]
    if not wrong:
        return duty, ""
    reason = say(UNLISTED, "en", matters=some([str(m) for m in wrong]), known=", ".join(class_tables()))
    kept = ", ".join(str(matter) for matter in matters if matter not in wrong)
    return (replace(duty, matters=kept) if kept else None), reason


@lru_cache(maxsize=4096)
def _listed(matter: Matter, scheme: str) -> bool:
    """Tell whether a class can be meant; of a scheme without table nobody knows, so every class of it can."""
    tables = class_tables().values()
    if not matter.code or (matter.scheme or scheme) not in {table.scheme for table in tables}:
        return True
    return any(
        _has(table, matter.code)
        for table in tables
        if matter.scheme in ("", table.scheme) and matter.kind in ("", table.kind)
    )


def _has(table: ClassTable, code: str) -> bool:
    """Tell whether a table lists a class, finer or coarser ones of it, or leaves it to the city."""
    starts = _starts(f"{table.scheme}/{table.kind}")
    local = table.local_from.get(code[:_MAJOR_DIGITS])
    return (
        code in starts
        or any(code[:digits] in table.entries for digits in range(1, len(code)))
        or (local is not None and code[_MAJOR_DIGITS:] >= local)
    )


@lru_cache(maxsize=8)
def _starts(name: str) -> frozenset[str]:
    """Return the starts of all classes of a table."""
    table = class_tables()[name]
    codes = chain(table.entries, table.majors, table.gaps)
    return frozenset(code[:digits] for code in codes for digits in range(1, len(code) + 1))


def sound_roles(
    duties: Iterable[tuple[Any, Duty]], holders: Iterable[Holder], listed: Iterable[str]
) -> tuple[list[tuple[Any, Duty]], list[Problem]]:
    """Return the duties whose role somebody may have, and what is wrong with the others."""
    known = {role for role in listed if role} | _roles("duty")
    borne = known | {holder.role for holder in holders}
    kept, problems = [], []
    for row, duty in duties:
        if not duty.role or duty.role in borne:
            kept.append((row, duty))
        else:
            reason = say(NO_SUCH_ROLE, "en", role=duty.role, known=", ".join(sorted(known)))
            problems.append((row, duty.duty_code, reason))
    return kept, problems


def unknown_holders(
    duties: Iterable[tuple[Any, Duty]], people: Iterable[Holder], holders: pd.DataFrame | None
) -> Iterator[Problem]:
    """Yield the duties of holders whom no roster names: they are in force, and vacant."""
    known = {holder.holder_code for holder in people}
    if holders is not None:  # a row that cannot be read names its holder all the same
        known.update(map(as_text, holders["holder_code"].tolist()))
    for row, duty in duties:
        if duty.holder_code and duty.holder_code not in known:
            yield row, duty.duty_code, say(NO_SUCH_HOLDER, "en", code=duty.holder_code)


@lru_cache(maxsize=2)
def _roles(layer_id: str) -> frozenset[str]:
    """Return the roles of the catalogue."""
    role = next(field for field in load_catalogue()[layer_id].fields if field.name == "role")
    return frozenset(role.values)


def odd_holders(
    rows: Iterable[tuple[Any, Holder]],
    known: Mapping[str, AbstractSet[str]],
    scopes: Iterable[str],
    roles: AbstractSet[str],
) -> Iterator[Problem]:
    """Yield the appointments to what the map does not have, which nobody asks for, and those in unheard-of roles.

    Parameters
    ----------
    rows
        The appointments, each with the label of its row.
    known
        Codes of each channel.
    scopes
        Scopes of the map.
    roles
        Roles that duties and the precedence name.
    """
    codes: dict[str, set[str]] = {scope: set() for scope in scopes}
    for channel, found in known.items():
        codes.setdefault(DUTY_GRID if channel.startswith(DUTY_GRID) else channel, set()).update(found)
    anywhere = set().union(*codes.values())
    heard = {role for role in roles if role} | _roles("holder")
    listed = ", ".join(sorted(heard))
    for row, holder in rows:
        if holder.role and holder.role not in heard and not _meant(holder.role):
            yield row, holder.holder_code, say(ODD_ROLE, "en", role=holder.role, known=listed)
        if holder.level and holder.level not in codes:
            yield row, holder.holder_code, say(NO_SUCH_SCOPE, "en", scope=holder.level, known=", ".join(codes))
        elif holder.grid_code and holder.grid_code not in (codes[holder.level] if holder.level else anywhere):
            template = NO_SUCH_GRID if holder.level else NO_SUCH_PLACE
            yield row, holder.holder_code, say(template, "en", scope=holder.level, code=holder.grid_code)


@lru_cache(maxsize=256)
def _meant(role: str) -> bool:
    """Tell whether a word is another one for a role of the catalogue, as 网格员."""
    return any(field.value_of(role) is not None for field in load_catalogue()["holder"].fields if field.name == "role")


def in_order(table: pd.DataFrame | None, problems: list[Problem]) -> list[Problem]:
    """Return problems in the order of the rows of their table."""
    if len(problems) < 2 or table is None:  # noqa: PLR2004 - nothing to order
        return problems
    place = {label: at for at, label in enumerate(table.index.tolist())}
    return sorted(problems, key=lambda problem: place[problem[0]])


def inverted_rows(frame: pd.DataFrame | None, key: str) -> list[Problem]:
    """Return the rows of a layer that end before they begin."""
    if frame is None:
        return []
    first = day_numbers(frame, VALID_FROM, dt.date.min.toordinal())
    last = day_numbers(frame, VALID_TO, dt.date.max.toordinal())
    rows = np.flatnonzero(last < first).tolist()
    codes = frame[key].tolist() if rows else []
    labels = frame.index.tolist() if rows else []
    days = [(dt.date.fromordinal(int(first[row])), dt.date.fromordinal(int(last[row]))) for row in rows]
    return [
        (labels[row], as_text(codes[row]), say(INVERTED, "en", first=begin, last=end))
        for row, (begin, end) in zip(rows, days, strict=True)
    ]


def problem_table(
    duties: pd.DataFrame,
    holders: pd.DataFrame | None,
    wrong: tuple[list[Problem], list[Problem]],
    drawn: Iterable[tuple[str, str, pd.DataFrame | None]],
) -> pd.DataFrame:
    """Return all problems as a table: ``layer``, ``row`` (its label), ``code`` and ``reason``.

    Parameters
    ----------
    wrong
        Those of duties and of holders.
    drawn
        Layer, column of codes and frame of each layer of grids.
    """
    found = [
        *(("duty", *problem) for problem in in_order(duties, wrong[0])),
        *(("holder", *problem) for problem in in_order(holders, wrong[1])),
        *((layer, *problem) for layer, key, frame in drawn for problem in inverted_rows(frame, key)),
    ]
    return pd.DataFrame(found, columns=["layer", "row", "code", "reason"])


def need(table: pd.DataFrame, column: str, template: str) -> None:
    """Check that a table has a column without which no row of it can be meant.

    Raises
    ------
    SchemaError
        It has not; the template says what for.
    """
    if column not in table.columns:
        raise SchemaError(template, columns=", ".join(map(str, table.columns)))
