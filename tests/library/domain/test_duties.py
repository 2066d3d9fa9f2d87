"""Matters, conditions, shifts and the calendar, each against the plainest reading of its rule."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onemap.domain.conditions import parse_condition
from onemap.domain.duties import Duty, Holder, as_text, parse_matter, parse_matters
from onemap.domain.precedence import CRITERIA, load_precedence
from onemap.domain.shifts import Shift, ShiftTable, seconds_of_day
from onemap.domain.work_calendar import DAY_KINDS, WorkCalendar
from onemap.errors import SchemaError

FIRST = dt.datetime.fromisoformat("2026-09-28T00:00")
CLOCK = st.integers(0, 47).map(lambda half: f"{half // 2:02d}:{half % 2 * 30:02d}")
KINDS = st.lists(st.sampled_from(DAY_KINDS), min_size=1, unique=True)


@given(
    KINDS,
    CLOCK,
    CLOCK,
    st.integers(0, 14 * 24 * 60 - 1),
    st.dictionaries(st.integers(0, 13), st.sampled_from(DAY_KINDS)),
)
def test_a_shift_is_on_from_its_beginning_for_its_length(days, start, end, minute, special):
    calendar = WorkCalendar({FIRST.date() + dt.timedelta(days=n): kind for n, kind in special.items()})
    table = ShiftTable(
        [Shift.from_row({"shift_code": "s", "days": ",".join(days), "start": start, "end": end})], calendar
    )
    moment = FIRST + dt.timedelta(minutes=minute)
    length = (seconds_of_day(end, 0) - seconds_of_day(start, 0)) % 86_400 or 86_400
    begins = [
        dt.datetime.combine(moment.date() - dt.timedelta(days=back), dt.time.fromisoformat(start)) for back in (0, 1)
    ]
    wanted = any(
        calendar.kind(begin.date()) in days and begin <= moment < begin + dt.timedelta(seconds=length)
        for begin in begins
    )
    assert (table.on(moment) == {"s"}) == wanted


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("8点30分", 30_600),
        ("8:30:15", 30_615),
        ("24:00", 86_400),
        (dt.time(1, 1), 3660),
        (0.75, 64_800),
        ("0.333333333333333", 28_800),
        ("3.472222222222222e-05", 3),
        (0, 0),
        (1.0, 86_400),
        (dt.timedelta(days=1), 86_400),
    ],
)
def test_times_of_day_as_people_write_them(text, seconds):
    assert seconds_of_day(text, 0) == seconds


@pytest.mark.parametrize("text", ["25:00", "8:61", "morning", "24:01", "1.5", "-0.25", "7"])
def test_what_is_no_time_of_day(text):
    with pytest.raises(SchemaError, match="no time of day"):
        seconds_of_day(text, 0)


def test_a_matter_covers_what_begins_with_its_code_in_its_table():
    assert [str(m) for m in parse_matters("0501，0504; matter/02")] == ["0501", "0504", "matter/02"]
    assert parse_matters("") == parse_matters("*")
    covers = parse_matter("CJT214/matter/05").covers
    assert [
        covers(parse_matter(asked))
        for asked in ("0501", "CJT214/matter/05", "GBT47678.5/matter/05001", "component/0501", "06")
    ] == [True, True, False, False, False]
    with pytest.raises(SchemaError):
        parse_matter("05-01")


def test_conditions_need_and_refuse_facts():
    condition = parse_condition("on_road；非院内, road.class=arterial")
    assert (condition.needs, condition.refuses, len(condition)) == (
        {"on_road", "road.class=arterial"},
        {"in_compound"},
        3,
    )
    for wrong in ("a=b", "!", "on_road !on_road", "road.class="):
        with pytest.raises(SchemaError):
            parse_condition(wrong)


def test_the_calendar_refuses_what_contradicts_itself():
    with pytest.raises(SchemaError, match="twice"):
        WorkCalendar.from_rows([{"date": "2026-10-01", "kind": "holiday"}, {"date": "2026-10-01", "kind": "workday"}])
    with pytest.raises(SchemaError, match="must be one of"):
        WorkCalendar({FIRST.date(): "feast"})
    with pytest.raises(SchemaError, match="no date"):
        WorkCalendar.from_rows([{"kind": "holiday"}])


def test_rows_become_duties_and_holders():
    row = {
        "duty_code": "D1",
        "rank": 2.0,
        "valid_from": dt.datetime.fromisoformat("2026-01-01T00:00"),
        "agency": float("nan"),
        "note": "x",
    }
    duty = Duty.from_row(row)
    assert (duty.rank, duty.valid_from, duty.agency, duty.matters) == (2, dt.date(2026, 1, 1), "", "*")
    assert Holder.from_row({"holder_code": 12.0, "deputy": "1"}).holder_code == "12"
    assert as_text("None") == ""
    for wrong in (
        {},
        {"duty_code": "D", "part": "x"},
        {"duty_code": "D", "rank": "first"},
        {"duty_code": "D", "valid_to": "soon"},
    ):
        with pytest.raises(SchemaError):
            Duty.from_row(wrong)
    with pytest.raises(SchemaError):
        Holder.from_row({"name": "x"})


def test_shifts_are_unique_and_known_by_name_too():
    night = Shift.from_row({"shift_code": "n", "name": "夜班", "days": "每天", "start": "20:00", "end": "08:00"})
    late = Shift.from_row({"shift_code": "n", "name": "夜班", "days": "每天", "start": "22:00", "end": "08:00"})
    assert ShiftTable([night, night]).codes == {"n": "n", "夜班": "n"}
    with pytest.raises(SchemaError, match="twice"):
        ShiftTable([night, late])
    for wrong in ({}, {"shift_code": "n", "days": "noon"}):
        with pytest.raises(SchemaError):
            Shift.from_row(wrong)


def test_the_usual_precedence_is_whole():
    usual = load_precedence()
    assert usual.criteria == CRITERIA
    assert usual.role_order("grid_worker") < usual.role_order("grid_head") < usual.role_order("unknown role")
    with pytest.raises(SchemaError, match="cannot be read"):
        load_precedence("nowhere.toml")
