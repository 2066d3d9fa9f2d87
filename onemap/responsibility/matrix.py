"""The responsibility matrix: 块 x 条, who answers for any spot, matter and moment."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import geopandas as gpd
import pandas as pd
import pyproj

from onemap.domain.appointments import HELD, Post, Roster, Standing
from onemap.domain.duties import OBJECT, Duty, Matter, parse_matter
from onemap.domain.moments import moment as read_moment
from onemap.domain.precedence import Precedence, load_precedence
from onemap.domain.shifts import Shift, ShiftTable
from onemap.domain.work_calendar import WorkCalendar
from onemap.errors import CrsError, SchemaError
from onemap.geo.crs import WGS84, resolve_crs, transformer
from onemap.geo.gcj import convert_coordinates, shifted_name
from onemap.responsibility.answers import NOBODY, OUTSIDE, Answer, Claim, Link, Moment, judge
from onemap.responsibility.areas import Grid
from onemap.responsibility.intake import appointments_of, duties_of, rows_of
from onemap.responsibility.land import COMPOUND, Land, LandLayers, Spot
from onemap.responsibility.objects import Thing
from onemap.responsibility.rules import OBJECT_CLASS, Asked, Found, RuleTable
from onemap.responsibility.sentence import Wording, titles_of

if TYPE_CHECKING:
    from onemap.store.one_map import OneMap

_ALL_MATTERS: Final = Matter("", "", "")
_COUNTY_DIGITS: Final = 6
_INSTANCE_DIGITS: Final = 10
SEVERAL: Final = "{count} grids of {agency} reach into {code}, the answer is for a point inside it."


@dataclass(frozen=True, kw_only=True)
class MatrixOptions:
    """What the answers depend on besides the data.

    Attributes
    ----------
    timezone
        The district's local time: times without zone are in it, others are converted.
    scheme
        Class table of matters and objects asked for by code alone.
    precedence
        Which of several duties counts; a file, a `Precedence`, or None for the usual table.
    road_width_m
        Width of roads that tell none.
    road_near_m
        Where no road's width reaches a spot, the nearest road within this distance claims it.
    code_profile
        Profile of the cell codes, whose digits are explained; empty for none.
    language
        Language of the sentences where none is asked for.
    sources, version
        Where each layer came from, and the version of the whole, for the proof.
    level_titles
        Titles of the levels by language; those of the catalogue where left out.
    """

    timezone: str = "Asia/Shanghai"
    scheme: str = "CJT214"
    precedence: Precedence | Path | str | None = None
    road_width_m: float = 0.0
    road_near_m: float = 0.0
    code_profile: str = ""
    language: str = "en"
    sources: Mapping[str, str] | None = None
    version: str = ""
    level_titles: Mapping[str, Mapping[str, str]] | None = None


class ResponsibilityMatrix:
    """Duties and appointments laid over grids, roads and objects.

    Parameters
    ----------
    levels
        Frames of the grid levels by layer id, from coarse to fine (``{"grid_street": ..., "grid_cell": ...}``), or the
        cells alone. Codes in ``<level>_code``, names in ``name``, the grid above in ``parent_code``; all dated by
        ``valid_from`` and ``valid_to`` where they have them. Answers are in the coordinate system of the finest.
    duties
        Table ``duty``: one rule a row, see `onemap.domain.duties.Duty`.
    holders
        Table ``holder``: one appointment a row.
    duty_grids
        The agencies' own grids: ``duty_code``, ``agency``, ``name``, ``holder``.
    shifts, calendar
        Tables ``shift`` and ``calendar_day``.
    roads
        Lines with ``road_code``, ``name``, ``class``, ``width_m``.
    objects
        Components with ``component_code``, ``class_code`` and the names and codes of the three parts.
    compounds
        Areas for the condition ``in_compound``.
    options
        `MatrixOptions`.

    Raises
    ------
    SchemaError
        A layer lacks its key, or a shift or a day of the calendar makes no sense. A duty or an appointment that makes
        no sense is left out and listed in ``problems``.
    CrsError
        Layers with and without coordinate system are mixed.

    Examples
    --------
    >>> from shapely import box
    >>> lands = [box(0, 0, 9, 9), box(9, 0, 18, 9)]
    >>> cells = gpd.GeoDataFrame({"cell_code": ["a", "b"]}, geometry=lands, crs="EPSG:4548")
    >>> duties = pd.DataFrame({"duty_code": ["D1"], "agency": ["城管"], "matters": ["05"], "scope": ["grid_cell"]})
    >>> holders = pd.DataFrame({"holder_code": ["Z1"], "name": ["张三"], "grid_code": ["a"]})
    >>> matrix = ResponsibilityMatrix(cells, duties, holders)
    >>> answer = matrix.who(x=4, y=4, matter="0501", at="2026-06-30 10:00")
    >>> answer.state, answer.accountable.name, matrix.who(x=10, y=4, matter="0501", at="2026-06-30").state
    ('held', '张三', 'vacant')
    """

    def __init__(
        self,
        levels: Mapping[str, gpd.GeoDataFrame] | gpd.GeoDataFrame,
        duties: pd.DataFrame,
        holders: pd.DataFrame | None = None,
        *,
        duty_grids: gpd.GeoDataFrame | None = None,
        shifts: pd.DataFrame | None = None,
        calendar: pd.DataFrame | None = None,
        roads: gpd.GeoDataFrame | None = None,
        objects: pd.DataFrame | None = None,
        compounds: gpd.GeoDataFrame | None = None,
        options: MatrixOptions | None = None,
    ) -> None:
        self.options: Final = options or MatrixOptions()
        frames = {"grid_cell": levels} if isinstance(levels, gpd.GeoDataFrame) else dict(levels)
        self.land: Final = Land(
            LandLayers(
                frames,
                duty_grids,
                roads,
                compounds,
                objects,
                self.options.road_width_m,
                self.options.road_near_m,
            )
        )
        chosen = self.options.precedence
        self.precedence: Final = chosen if isinstance(chosen, Precedence) else load_precedence(chosen)
        self.zone: Final = _zone(self.options.timezone)
        self.shifts: Final = ShiftTable(map(Shift.from_row, rows_of(shifts)), WorkCalendar.from_rows(rows_of(calendar)))
        duty_rows, wrong_duties = duties_of(duties)
        self.rules: Final = RuleTable(
            duty_rows, self.precedence, levels=self.land.levels, known=self.land.known, shifts=self.shifts.codes
        )
        people, wrong_people = appointments_of(holders, frames, duty_grids, self.shifts.codes)
        self.roster: Final = Roster(people, self.precedence)
        listed = [("duty", *p) for p in wrong_duties + self.rules.problems] + [("holder", *p) for p in wrong_people]
        self.problems: Final = pd.DataFrame(listed, columns=["layer", "code", "reason"])
        self.wording: Final = Wording(
            self.options.level_titles or titles_of(self.land.levels),
            self.options.sources or {},
            self.options.version,
            self.options.code_profile,
            self.options.scheme,
            {code: shift.name for code, shift in self.shifts.shifts.items()},
        )
        self._standings: dict[tuple[Post, dt.date, frozenset[str]], Standing] = {}
        self._reaching: dict[tuple[int, str], int] = {}

    @classmethod
    def from_map(cls, one_map: "OneMap", *, options: MatrixOptions | None = None) -> Self:
        """Return the matrix of a published map.

        Raises
        ------
        SchemaError
            The map has no grid level or no duties.
        """
        from onemap.responsibility.from_map import tables_of

        levels, duties, tables, found = tables_of(one_map, options)
        return cls(levels, duties, **tables, options=found)

    @property
    def crs(self) -> pyproj.CRS | None:
        """System of the cells."""
        return self.land.crs

    @property
    def levels(self) -> list[str]:
        """Grid levels from coarse to fine."""
        return self.land.levels

    def warm(self, at: Any = None) -> Self:
        """Make now what is made when first needed: the indexes of all layers as they are at a moment."""
        day = self.moment(at).local.toordinal()
        for channel in (*self.land.channels, COMPOUND):
            self.land.layer(channel, day)
        for fine, coarse in zip(self.levels[1:], self.levels, strict=False):
            self.land.parents(self.land.areas(fine, day), self.land.areas(coarse, day))
        return self

    def moment(self, at: Any = None) -> Moment:
        """Return a moment of the district's local time: now, a text, a date or time with or without zone.

        Raises
        ------
        SchemaError
            The text is no time.
        """
        if at is None:
            at = dt.datetime.now(self.zone)
        elif isinstance(at, str):
            text, at = at, read_moment(at.strip())
            if at is None:
                raise SchemaError("{value} is no time; write it as 2026-06-30 14:05", value=repr(text))
        elif not isinstance(at, dt.date):
            at = pd.Timestamp(at)
        if not isinstance(at, dt.datetime):
            at = dt.datetime.combine(at, dt.time())
        if pd.isna(at):
            raise SchemaError("{value} is no time; write it as 2026-06-30 14:05", value=repr(at))
        local = at.replace(tzinfo=None) if at.tzinfo is None else at.astimezone(self.zone).replace(tzinfo=None)
        return Moment(local, self.shifts.calendar.kind(local.date()), self.shifts.on(local))

    def matter(self, matter: Matter | str | None) -> Matter:
        """Return the matter asked for: a class (``0501``, ``CJT214/matter/0501``) or a whole matter code of a county.

        Raises
        ------
        SchemaError
            The text names no matter.
        """
        if matter is None:
            return _ALL_MATTERS
        if isinstance(matter, Matter):
            return matter
        return _matter(matter, self.options.scheme)

    def who(
        self,
        point: Any = None,
        *,
        x: float | None = None,
        y: float | None = None,
        cell: str | None = None,
        object: str | None = None,  # noqa: A002 - what it is
        matter: Matter | str | None = None,
        at: Any = None,
        crs: Any = None,
        facts: Iterable[str] = (),
        language: str | None = None,
    ) -> Answer:
        """Return who answers at a spot, for a matter, at a moment.

        Parameters
        ----------
        point
            A shapely point or a pair of coordinates; or give ``x`` and ``y``, easting or longitude first.
        cell
            Code of a grid of any level, instead of a point; its own geometry decides nothing but the chain, agencies'
            grids and roads are asked at a point inside it.
        object
            Code of an object, instead of a point; without ``matter`` its class is asked for.
        matter
            Class of the matter; None for duties that cover all matters.
        at
            The moment; None for now.
        crs
            System of the coordinates, ``"GCJ02"`` or ``"BD09"``; None for that of the cells.
        facts
            Further facts that hold, for conditions.
        language
            Language of the sentence, ``"en"`` or ``"zh"``.

        Returns
        -------
        Answer
            Accountable holder, other parts, deputies, chain and the sentences that prove it.

        Raises
        ------
        SchemaError
            Not exactly one of point, cell and object is given, or there is no such cell, object or time.
        CrsError
            The coordinate system is unknown, or the layers have none.
        """
        moment, asked = self.moment(at), self.matter(matter)
        given = [point is not None or x is not None, cell is not None, object is not None]
        if sum(given) != 1 or (x is None) != (y is None) or (point is not None and x is not None):
            raise SchemaError("name one spot: a point (x and y), a cell or an object")
        thing, start = None, None
        day = moment.local.toordinal()
        if object is not None:
            thing = self.land.objects.thing(object)
            asked = asked if matter is not None else Matter(self.options.scheme, "component", thing.class_code)
            x_, y_ = thing.x, thing.y
            if x_ != x_ and thing.cell_code:  # noqa: PLR0124 - no position: its row still names its cell
                start, x_, y_ = self._grid(thing.cell_code, day)
        elif cell is not None:
            start, x_, y_ = self._grid(cell, day)
        else:
            x_, y_ = self._place(_pair(point) if point is not None else (x, y), crs)
        matched = self.rules.matched(asked)
        wanted = self.rules.facts(matched)
        spot = self.land.spot(x_, y_, day, self.rules.channels(matched), wanted, start=start)
        known = spot.facts | (wanted & frozenset(facts)) if facts else spot.facts
        answer = self.decide(asked, moment, spot, known, thing=thing, xy=(x_, y_), language=language)
        return answer if start is None else self._noted(answer, start, day)

    def who_batch(self, points: Any, matter: Any = None, at: Any = None, **options: Any) -> pd.DataFrame:
        """Return who answers for many points at once: a row each, the same as `who` gives one by one.

        Parameters
        ----------
        points
            A GeoDataFrame or GeoSeries of points (their system is converted), or a pair of arrays x and y.
        matter, at
            One for all points, or one for each.
        **options
            ``crs`` of a pair of arrays; ``facts`` that hold for all of them.

        Returns
        -------
        pandas.DataFrame
            In the order and with the index of ``points``: ``state cell part agency duty_code scope grid_code claims
            holder_code holder role phone acting`` and the holders of the four parts. Points without position are
            ``outside``.

        Examples
        --------
        >>> from shapely import box
        >>> cells = gpd.GeoDataFrame({"cell_code": ["a"]}, geometry=[box(0, 0, 9, 9)], crs="EPSG:4548")
        >>> matrix = ResponsibilityMatrix(cells, pd.DataFrame({"duty_code": ["D1"], "matters": ["*"]}))
        >>> matrix.who_batch(([4, 40], [4, 4]), at="2026-06-30")["state"].tolist()
        ['vacant', 'outside']
        """
        from onemap.responsibility.batch import answer_many

        return answer_many(self, points, matter, at, **options)

    def who_all(
        self, shape: Any, *, matter: Any = None, at: Any = None, crs: Any = None, facts: Iterable[str] = ()
    ) -> Any:
        """Return all who answer somewhere on a line or in an area.

        Parameters
        ----------
        shape
            A shapely line or area.
        matter, at, crs, facts
            As for `who`.

        Returns
        -------
        geopandas.GeoDataFrame
            One row for each answer that differs, largest first: the columns of `who_batch`, ``length_m`` or
            ``area_m2``, and the part of the shape for which it holds, in the system of the cells.

        Examples
        --------
        >>> from shapely import LineString, box
        >>> cells = gpd.GeoDataFrame({"cell_code": ["a"]}, geometry=[box(0, 0, 9, 9)], crs="EPSG:4548")
        >>> matrix = ResponsibilityMatrix(cells, pd.DataFrame({"duty_code": ["D1"], "matters": ["*"]}))
        >>> matrix.who_all(LineString([(4, 4), (10, 4)]), at="2026-06-30")[["state", "length_m"]].values.tolist()
        [['vacant', 5.0], ['outside', 1.0]]
        """
        from onemap.responsibility.reach import answer_shape

        return answer_shape(self, shape, matter=matter, at=at, crs=crs, facts=facts)

    def gaps(self, **options: Any) -> gpd.GeoDataFrame:
        """Return the land and the hours for which nobody answers, within a window of time.

        Parameters
        ----------
        **options
            Of `onemap.responsibility.gaps.GapOptions`: ``start``, ``end`` (seven days from today), ``matters``,
            ``tolerance_m``, ``buildings``, ``population``, ``together``.

        Returns
        -------
        geopandas.GeoDataFrame
            In the system of the cells: ``kind`` (``duty``, ``time``), ``cause`` (``nobody``, ``vacant``, ``expired``,
            ``not_yet``, ``off_shift``), ``agency part matters scope cells holder from to hours intervals area_m2
            buildings residents reason who_could_close geometry``. Times are local;
            `onemap.responsibility.gaps.gap_intervals` takes ``intervals`` apart.

        Examples
        --------
        >>> from shapely import box
        >>> cells = gpd.GeoDataFrame({"cell_code": ["a"]}, geometry=[box(0, 0, 9, 9)], crs="EPSG:4548")
        >>> matrix = ResponsibilityMatrix(cells, pd.DataFrame({"duty_code": ["D1"], "matters": ["*"]}))
        >>> matrix.gaps(start="2026-06-26")[["cause", "cells", "hours", "area_m2"]].values.tolist()
        [['vacant', 'a', 168.0, 81.0]]
        """
        from onemap.responsibility.gaps import GapOptions, find_vacancies

        return find_vacancies(self, GapOptions(**options))[0]

    def conflicts(self, **options: Any) -> gpd.GeoDataFrame:
        """Return where and when several claim the same responsibility with equal right.

        Parameters
        ----------
        **options
            As for `gaps`.

        Returns
        -------
        geopandas.GeoDataFrame
            The columns of `gaps`. ``cause``: ``tie`` (several posts, by duties that are equal in every criterion),
            ``two_holders`` (several people in one post), ``claimed_twice`` (duty grids of one agency overlap),
            ``outside`` (a duty grid reaches out of the district), ``cut`` (a border of an agency's grids goes through a
            cell, so that the same cell has not the same duties).

        Examples
        --------
        >>> from shapely import box
        >>> cells = gpd.GeoDataFrame({"cell_code": ["a"]}, geometry=[box(0, 0, 9, 9)], crs="EPSG:4548")
        >>> two = pd.DataFrame({"holder_code": ["Z1", "Z2"], "name": ["张三", "李四"], "grid_code": ["a", "a"]})
        >>> matrix = ResponsibilityMatrix(cells, pd.DataFrame({"duty_code": ["D1"], "matters": ["*"]}), two)
        >>> matrix.conflicts(start="2026-06-26")["reason"].tolist()
        ['Z1, Z2 hold a with equal right']
        """
        from onemap.responsibility.conflicts import find_conflicts
        from onemap.responsibility.gaps import GapOptions

        return find_conflicts(self, GapOptions(**options))

    def decide(
        self,
        asked: Matter,
        moment: Moment,
        spot: Spot,
        facts: frozenset[str],
        *,
        thing: Thing | None = None,
        xy: tuple[float, float] = (float("nan"), float("nan")),
        language: str | None = None,
    ) -> Answer:
        """Return the answer for what is known of a spot."""
        matched = self.rules.matched(asked)
        hits = self.rules.hits
        claims = spot.claims
        asked_of: Asked = [(channel, [hits(channel, grid.code) for grid in grids]) for channel, grids in claims]
        grids_of = dict(claims)
        if thing is not None:
            asked_of = [
                *asked_of,
                (OBJECT, [hits(OBJECT, thing.grid.code)]),
                (OBJECT_CLASS, [hits(OBJECT_CLASS, thing.class_code)]),
            ]
            grids_of |= {OBJECT: (thing.grid,), OBJECT_CLASS: (thing.grid,)}
        best = self.rules.foremost(asked_of, matched, facts, moment.local.toordinal(), moment.on)
        told: dict[str, tuple[Claim, ...]] = {part: self.claims_of(f, grids_of, moment) for part, f in best.items()}
        if thing is not None:
            self._state_object(thing, best, told, moment)
        parts = {part: judge(part, told[part]) for part in self.precedence.parts if part in told}
        chain = tuple(self._link(level, grids, moment) for level, grids in spot.chain)
        first = next(iter(parts.values()), None)
        state = first.state if first is not None else NOBODY if chain else OUTSIDE
        language = language or self.options.language
        return Answer(state, asked, moment, *xy, parts, chain, facts, language, self.wording)

    def claims_of(self, found: list[Found], grids: Mapping[str, tuple[Grid, ...]], moment: Moment) -> tuple[Claim, ...]:
        """Return the duties that count with those who stand for them, in the order of their codes."""
        made = [self.claim(f.rule.duty, grids[f.channel][f.position], moment) for f in found]
        return (
            tuple(sorted(made, key=lambda c: (c.duty.duty_code, c.duty.agency, c.grid.agency, c.grid.code)))
            if len(made) > 1
            else tuple(made)
        )

    def claim(self, duty: Duty, grid: Grid, moment: Moment) -> Claim:
        """Return a duty tied to a grid with who stands for it."""
        agency = duty.agency or grid.agency
        return Claim(
            duty, grid, self.standing(Post(grid.code, grid.scope, agency, duty.role, duty.holder_code), moment)
        )

    def standing(self, post: Post, moment: Moment) -> Standing:
        """Return who stands for a post at a moment."""
        key = post, moment.local.date(), moment.on
        found = self._standings.get(key)
        if found is None:
            if len(self._standings) >= _MOST_KEPT:
                self._standings.clear()
            found = self._standings[key] = self.roster.standing(post, key[1], moment.on)
        return found

    def _state_object(
        self, thing: Thing, best: Mapping[str, list[Found]], told: dict[str, tuple[Claim, ...]], moment: Moment
    ) -> None:
        """Let the duties that an object's own row states count as duties tied to its code for all matters."""
        for duty, office in thing.stated:
            key = self.precedence.key(
                scope=self.rules.scope_order[OBJECT], scope_code=-len(thing.grid.code), matter=0, condition=0, rank=0
            )
            post = Post(thing.grid.code, OBJECT, "", "", office.holder_code)
            listed = self.standing(post, moment) if self.roster.appointed(post) else Standing(HELD, (office,))
            claim = Claim(duty, thing.grid, listed)
            rivals = best.get(duty.part, [])
            if not rivals or key < rivals[0].key:
                told[duty.part] = (claim,)
            elif key == rivals[0].key:
                told[duty.part] = (*told[duty.part], claim)

    def _link(self, level: str, grids: tuple[Grid, ...], moment: Moment) -> Link:
        first, others = grids[0], tuple(grid.code for grid in grids[1:])
        return Link(level, first.code, first.name, others, self.standing(Post(first.code, level), moment))

    def _grid(self, code: str, day: int) -> tuple[tuple[str, tuple[int, ...]], float, float]:
        """Return the level and row of a grid, and a point inside it."""
        for level in reversed(self.land.levels):
            areas = self.land.areas(level, day)
            row = areas.by_code.get(code)
            if row is not None:
                inside = areas.insides[row]
                place = (inside.x, inside.y) if inside is not None and not inside.is_empty else (float("nan"),) * 2
                return (level, (row,)), *place
        raise SchemaError("no grid has the code {code} on that day", code=repr(code))

    def _noted(self, answer: Answer, start: tuple[str, tuple[int, ...]], day: int) -> Answer:
        """Return an answer for a grid, with a note where several duty grids that decide it reach into the grid."""
        cell = self.land.areas(start[0], day).locator.geometry[start[1][0]]
        notes: list[tuple[str, dict[str, Any]]] = []
        for claim in answer.claims:
            if claim.grid.agency and cell is not None:
                areas = self.land.areas(f"duty_grid: {claim.grid.agency}", day)
                key = id(areas), answer.cell
                if key not in self._reaching:
                    near = areas.locator.geometry[areas.tree.query(cell)]
                    self._reaching[key] = sum(cell.relate_pattern(shape, "T********") for shape in near)
                if self._reaching[key] > 1:
                    values = {"count": self._reaching[key], "agency": claim.grid.agency, "code": answer.cell}
                    notes.append((SEVERAL, values))
        return answer if not notes else _with_notes(answer, tuple(notes))

    def _place(self, pair: tuple[Any, Any], crs: Any) -> tuple[float, float]:
        """Return coordinates in the system of the cells."""
        try:
            x, y = float(pair[0]), float(pair[1])
        except (TypeError, ValueError) as error:
            raise SchemaError("the coordinates {found} are not numbers", found=repr(pair)) from error
        if crs is None:
            return x, y
        return self.converter(crs)(x, y)

    def converter(self, crs: Any) -> Callable[[Any, Any], tuple[Any, Any]]:
        """Return the conversion of coordinates in ``crs`` to the system of the cells.

        Raises
        ------
        CrsError
            The system is unknown, or the cells have none.
        """
        if self.crs is None:
            raise CrsError(
                "the cells have no coordinate system, so coordinates in {crs} cannot be placed", crs=str(crs)
            )
        if isinstance(crs, str) and shifted_name(crs):
            onward = transformer(WGS84, self.crs).transform
            return lambda x, y: onward(*convert_coordinates(x, y, source=crs, target=WGS84))
        source = _resolved(crs) if isinstance(crs, str | int) else resolve_crs(crs).crs
        if source.equals(self.crs, ignore_axis_order=True):
            return lambda x, y: (x, y)
        return transformer(source, self.crs).transform


_MOST_KEPT: Final = 400_000


@lru_cache(maxsize=100_000)
def _matter(text: str, scheme: str) -> Matter:
    found = parse_matter(text)
    code = found.code
    if not found.kind and code.isdigit() and len(code) >= _INSTANCE_DIGITS:
        code = code[_COUNTY_DIGITS:]
    return Matter(found.scheme or scheme, found.kind or "matter", code)


@lru_cache(maxsize=64)
def _resolved(crs: str | int) -> pyproj.CRS:
    return resolve_crs(crs).crs


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SchemaError("there is no time zone {name}; write Asia/Shanghai", name=name) from error


def _pair(point: Any) -> tuple[Any, Any]:
    if hasattr(point, "geom_type"):
        if point.geom_type != "Point" or point.is_empty:
            raise SchemaError("who answers for a point; who_all answers for a {kind}", kind=point.geom_type)
        return point.x, point.y
    x, y = point
    return x, y


def _with_notes(answer: Answer, notes: tuple[tuple[str, Mapping[str, Any]], ...]) -> Answer:
    from dataclasses import replace

    return replace(answer, notes=notes)
