"""Serials: west to east, north to south, kept codes stay, withdrawn ones never come back."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onemap.domain.codes import Item, profile
from onemap.errors import SchemaError

COMMUNITY = "110102007012"
GRID = profile("GBT30428")


def points(drawing: str) -> list[tuple[str, float, float]]:
    """Return the letters of a drawing as points; lines go from north to south."""
    lines = [line.strip() for line in drawing.strip().splitlines()]
    return [
        (letter, float(x), float(-y)) for y, line in enumerate(lines) for x, letter in enumerate(line) if letter != "."
    ]


def order(codes: dict[str, str]) -> str:
    return "".join(codes)


def test_a_regular_plan_is_numbered_as_a_page_is_read():
    drawing = """
        abcd
        efgh
        ijkl
    """
    codes = GRID.number(points(drawing), parent=COMMUNITY)
    assert order(codes) == "abcdefghijkl"
    assert codes["a"] == "110102007012001"
    assert codes["l"] == "110102007012012"


def test_rows_need_not_be_straight():
    jitter = random.Random(7)
    shaken = [
        (f"{row}{column}", 100 * column + jitter.uniform(-20, 20), -100 * row + jitter.uniform(-20, 20))
        for row in range(8)
        for column in range(12)
    ]
    codes = GRID.number(shaken, parent=COMMUNITY)
    assert list(codes) == [f"{row}{column}" for row in range(8) for column in range(12)]


def test_a_row_height_may_be_given():
    leaning = [("w", 0, 0), ("m", 10, 4), ("e", 20, 8)]
    assert order(GRID.number(leaning, parent=COMMUNITY, row_height=10)) == "wme"
    assert order(GRID.number(leaning, parent=COMMUNITY, row_height=0)) == "emw"


def test_the_order_of_the_rows_does_not_matter():
    drawing = points("""
        a.b.c
        .d.e.
        fg..h
    """)
    answers = set()
    for seed in range(20):
        shuffled = list(drawing)
        random.Random(seed).shuffle(shuffled)
        answers.add(tuple(GRID.number(shuffled, parent=COMMUNITY).items()))
    assert len(answers) == 1


def test_existing_codes_stay_and_new_ones_follow_the_highest_ever_given():
    items = [
        ("a", 0, 9, COMMUNITY + "002"),
        ("b", 5, 9),
        ("c", 0, 0, COMMUNITY + "007"),
        Item("d", 5, 0),
    ]
    codes = GRID.number(items, parent=COMMUNITY, withdrawn=[COMMUNITY + "009"])
    assert codes == {
        "a": COMMUNITY + "002",
        "c": COMMUNITY + "007",
        "b": COMMUNITY + "010",
        "d": COMMUNITY + "011",
    }


def test_it_refuses_when_the_serials_run_out():
    full = profile("CJT213-2005")
    items = [(str(place), place, 0) for place in range(100)]
    assert len(full.number(items[:99], parent="110108011004")) == 99
    with pytest.raises(SchemaError, match="100 new serials are needed, 99 are left") as caught:
        full.number(items, parent="110108011004")
    assert "尚余 99 个" in caught.value.text("zh")
    with pytest.raises(SchemaError, match="2 new serials are needed, 1 are left, 1 were given, up to 98 of 99"):
        full.number(items[:2], parent="110108011004", withdrawn=["11010801100498"])


@pytest.mark.parametrize(
    ("items", "withdrawn", "said"),
    [
        ([("a", 0, 0), ("a", 1, 0)], [], "id stands more than once: a"),
        ([("a", 0, 0, COMMUNITY + "001"), ("b", 1, 0, COMMUNITY + "001")], [], "code stands more than once"),
        ([("a", 0, 0, COMMUNITY + "001")], [COMMUNITY + "001"], "withdrawn codes stand in the items again"),
        ([("a", 0, 0, "110102007013001")], [], "is not a code under 110102007012 with a serial of 3"),
        ([("a", float("nan"), 0)], [], "no position, so no place in the order: a"),
        ([("a", "east", 0)], [], "an item to number must be"),
        ([("a", 0)], [], "an item to number must be"),
        ([("a", 0, 0, COMMUNITY + "000")], [], "is not a code of GBT30428"),
    ],
)
def test_it_refuses_what_would_break_the_numbering(items, withdrawn, said):
    with pytest.raises(SchemaError, match=said):
        GRID.number(items, parent=COMMUNITY, withdrawn=withdrawn)


def test_a_wrong_parent_and_a_profile_without_serials_are_refused():
    with pytest.raises(SchemaError, match=r"street .* is 600"):
        GRID.number([("a", 0, 0)], parent="110102600012")
    with pytest.raises(SchemaError, match="ADMIN12 has no serial to number by"):
        profile("ADMIN12").number([("a", 0, 0)], parent="110102007")


def test_components_are_numbered_under_county_and_class():
    codes = profile("CJT214-component").number([("lamp", 1, 1)], parent="1101080118", withdrawn=["1101080118077209"])
    assert codes == {"lamp": "1101080118077210"}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=60),
    st.sets(st.integers(1, 300), max_size=20),
    st.randoms(use_true_random=False),
)
def test_no_serial_is_ever_given_twice(places, given_before, chance):
    withdrawn = [f"{COMMUNITY}{serial:03d}" for serial in given_before]
    items = [(str(name), x, y) for name, (x, y) in enumerate(places)]
    codes = GRID.number(items, parent=COMMUNITY, withdrawn=withdrawn)
    assert len(set(codes.values())) == len(items)
    assert not set(codes.values()) & set(withdrawn)
    assert all(GRID.validate(code) == [] for code in codes.values())
    chance.shuffle(items)
    assert GRID.number(items, parent=COMMUNITY, withdrawn=withdrawn) == codes
    again = [(id_, x, y, codes[id_]) for id_, x, y in items]
    assert GRID.number(again, parent=COMMUNITY, withdrawn=withdrawn) == codes
