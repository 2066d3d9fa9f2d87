"""The responsibility matrix: 块 x 条, who answers for any spot, matter and moment."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from numbers import Number
from typing import TYPE_CHECKING, Any, Final, Self

import geopandas as gpd
import pandas as pd
import pyproj

from onemap.domain.appointments import Roster
from onemap.domain.duties import DUTY_GRID, Matter
from onemap.domain.moments import USUAL_ZONE
from onemap.domain.moments import moment as read_moment
from onemap.domain.precedence import Precedence, load_precedence
from onemap.domain.shifts import Shift, ShiftTable
from onemap.domain.work_calendar import WorkCalendar
from onemap.errors import SchemaError
from onemap.responsibility.answers import Answer, Moment
from onemap.responsibility.deciding import Decider
from onemap.responsibility.intake import rows_of, take
from onemap.responsibility.land import COMPOUND, Land, LandLayers, level_key
from onemap.responsibility.notes import notes_of
from onemap.responsibility.options import MatrixOptions
from onemap.responsibility.rules import RuleTable
from onemap.responsibility.sentence import Wording, titles_of
from onemap.responsibility.soundness import problem_table
from onemap.responsibility.spots import matter_of, pair_of, placed, zone_of
from onemap.responsibility.uncovered import GridGaps

if TYPE_CHECKING:
    from onemap.responsibility.map_gaps import Tables
    from onemap.store.one_map import OneMap

_ALL_MATTERS: Final = Matter("", "", "")


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
        A layer lacks its key, duties lack their matters or holders their grids, or a shift or a day of the calendar
        makes no sense. A row that makes no sense is not in force, and listed in ``problems``.
    CrsError
        Layers with and without coordinate system are mixed.

    Attributes
    ----------
    of_map
        The map whose houses, people and cases `gaps` counts; None where the matrix is made of frames.
    problems
        Rows that cannot be meant: ``layer``, ``row`` (its label in the table), ``code``, ``reason``.

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
        self.of_map: Tables | None = None
        self.grid_gaps: Final = GridGaps(self)
        frames = {"grid_cell": levels} if isinstance(levels, gpd.GeoDataFrame) else dict(levels)
        width_m, near_m = self.options.road_width_m, self.options.road_near_m
        self.land: Final = Land(LandLayers(frames, duty_grids, roads, compounds, objects, width_m, near_m))
        chosen = self.options.precedence
        self.precedence: Final = chosen if isinstance(chosen, Precedence) else load_precedence(chosen)
        self.zone: Final = zone_of(self.options.timezone or USUAL_ZONE)
        self.shifts: Final = ShiftTable(map(Shift.from_row, rows_of(shifts)), WorkCalendar.from_rows(rows_of(calendar)))
        codes, known, scheme = self.shifts.codes, self.land.known, self.options.scheme
        tables, roles = (duties, holders, duty_grids), self.precedence.roles
        taken = take(tables, frames, shifts=codes, scheme=scheme, roles=roles)
        self.roster: Final = Roster(taken.people, self.precedence)
        ready = [duty for _, duty in taken.duties]
        self.rules: Final = RuleTable(ready, self.precedence, levels=self.land.levels, known=known, shifts=codes)
        wrong = taken.problems(self.rules.problems, known, self.rules.scope_order)
        drawn = [(level, level_key(level, frame), frame) for level, frame in frames.items()]
        self.problems: Final = problem_table(duties, holders, wrong, [*drawn, (DUTY_GRID, "duty_code", duty_grids)])
        self.wording: Final = Wording(
            self.options.level_titles or titles_of(self.land.levels),
            self.options.sources or {},
            self.options.version,
            self.options.code_profile,
            self.options.scheme,
            {code: shift.name for code, shift in self.shifts.shifts.items()},
            {code: shift.name_en for code, shift in self.shifts.shifts.items() if shift.name_en},
        )
        self.decider: Final = Decider(self.rules, self.roster, self.wording, self.options.language)

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
        matrix = cls(levels, duties, **tables, options=found)
        matrix.of_map = one_map
        return matrix

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
            at = pd.NaT if isinstance(at, Number) else pd.Timestamp(at)  # a number is no time
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
        return matter_of(matter, self.options.scheme)

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
                start, x_, y_ = self.land.find(thing.cell_code, day)
        elif cell is not None:
            start, x_, y_ = self.land.find(cell, day)
        else:
            x_, y_ = placed(pair_of(point) if point is not None else (x, y), crs, self.crs, self.land.bounds)
        matched = self.rules.matched(asked)
        wanted = self.rules.facts(matched)
        spot = self.land.spot(x_, y_, day, self.rules.channels(matched), wanted, start=start)
        known = spot.facts | (wanted & frozenset(facts)) if facts else spot.facts
        answer = self.decider.decide(asked, moment, spot, known, thing=thing, xy=(x_, y_), language=language)
        lacking = self.grid_gaps.at(spot, matched, known, moment, (x_, y_))
        answer = replace(answer, uncovered=lacking) if lacking else answer
        notes = notes_of(self, answer, start, day)
        return replace(answer, notes=notes) if notes else answer

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
            ``outside``. Where some pairs look like degrees among metres, ``attrs["notes"]`` says so.

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
            ``area_m2``, and the part of the shape for which it holds, in the system of the cells. Where agencies should
            answer by grids of their own and none is there, ``attrs["uncovered"]`` tells how much, see `Answer`.

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
            ``tolerance_m``, ``buildings``, ``population``, ``together``. What is left out is taken from the map that
            the matrix is of: its date, its tolerance, its houses and people, and the matters of its cases too; the
            rows are those of `onemap.find_gaps`. Without a map ``buildings`` and ``residents`` are unknown (NA).

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
        from onemap.responsibility.gaps import find_vacancies
        from onemap.responsibility.map_gaps import gap_options

        return find_vacancies(self, gap_options(self, options))[0]

    def conflicts(self, **options: Any) -> gpd.GeoDataFrame:
        """Return where and when several claim the same responsibility with equal right.

        Parameters
        ----------
        **options
            As for `gaps`, but for matters that duties name alone.

        Returns
        -------
        geopandas.GeoDataFrame
            The columns of `gaps`. ``cause``: ``tie`` (several posts, by duties that are equal in every criterion),
            ``two_holders`` (several people in one post), ``claimed_twice`` (duty grids of one agency overlap),
            ``outside`` (a duty grid reaches out of the district), ``cut`` (a border of an agency's grids goes through a
            cell, so that the same cell has not the same duties), ``unlike`` (cells without the duties of their peers).

        Examples
        --------
        >>> from shapely import box
        >>> cells = gpd.GeoDataFrame({"cell_code": ["a"]}, geometry=[box(0, 0, 9, 9)], crs="EPSG:4548")
        >>> two = pd.DataFrame({"holder_code": ["Z1", "Z2"], "name": ["张三", "李四"], "grid_code": ["a", "a"]})
        >>> matrix = ResponsibilityMatrix(cells, pd.DataFrame({"duty_code": ["D1"], "matters": ["*"]}), two)
        >>> matrix.conflicts(start="2026-06-26")["reason"].tolist()
        ['张三, 李四 hold a with equal right']
        """
        from onemap.responsibility.conflicts import find_conflicts
        from onemap.responsibility.map_gaps import gap_options

        return find_conflicts(self, gap_options(self, options, reported=False))
