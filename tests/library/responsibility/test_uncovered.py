"""Where an agency's grids have a gap, the answer says that nobody of it answers: at a spot, on a line, in an area."""

from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from onemap.responsibility import ResponsibilityMatrix
from onemap.translation import translate
from onemap.worker.duty_grids import DutyGrids

CRS = "EPSG:4548"
WEST, SOUTH = 491_000.0, 4_401_000.0
AT = "2026-06-30 10:00"


def land(x1, y1, x2, y2):
    return shapely.box(WEST + x1, SOUTH + y1, WEST + x2, SOUTH + y2)


GRIDS = gpd.GeoDataFrame(
    {"duty_code": ["P1", "P2", "W1"], "agency": ["police", "police", "water"]},
    geometry=[land(0, 0, 40, 100), land(60, 0, 100, 100), land(0, 0, 100, 100)],
    crs=CRS,
)
DUTIES = [
    {"duty_code": "D1", "agency": "police", "matters": "*", "scope": "duty_grid", "part": "in_charge"},
    {"duty_code": "D2", "agency": "street", "matters": "*", "scope": "grid_cell", "part": "territorial"},
]
HOLDERS = pd.DataFrame([{"holder_code": "H2", "name": "Li", "grid_code": "c1", "agency": "street"}])


def make(duties=DUTIES, defects=None):
    cells = gpd.GeoDataFrame({"cell_code": ["c1"]}, geometry=[land(0, 0, 100, 100)], crs=CRS)
    matrix = ResponsibilityMatrix(cells, pd.DataFrame(duties), HOLDERS, duty_grids=GRIDS)
    if defects is not None:
        layers = {"defect": defects}
        matrix.of_map = SimpleNamespace(has=layers.__contains__, read=layers.get)
    return matrix


def ask(matrix, x=50, **asked):
    return matrix.who(x=WEST + x, y=SOUTH + 50, at=AT, **asked)


def gap(**facts):
    row = {"layer_id": "duty_grid", "kind": "gap", "agency": "police", "allowed": True, "allowed_until": None, **facts}
    return gpd.GeoDataFrame([row], geometry=[land(40, 0, 60, 100)], crs=CRS)


def test_an_agency_without_grid_at_the_spot_is_told_beside_who_answers():
    answer = ask(make())
    assert (answer.state, answer.accountable.name) == ("held", "Li")
    (told,) = answer.to_dict()["uncovered"]
    assert (told["agency"], told["kind"], told["parts"], told["allowed"]) == ("police", "no_grid", ["in_charge"], False)
    assert told["because"]["en"] == "nobody: no grid of police covers this spot"
    assert told["because"]["zh"] == "无人负责：police没有责任网格覆盖此处"
    assert "Nobody of police answers here: none of its grids covers this spot." in answer.say("en")
    assert "police在此处无人负责" in answer.say("zh")
    assert ask(make(), x=20).uncovered == ()
    assert ask(make(), x=200).uncovered == ()  # no land of the district


def test_where_nobody_else_answers_the_first_sentence_says_whose_grids_lack():
    answer = ask(make(DUTIES[:1]))
    assert answer.state == "nobody"
    assert answer.say("en").startswith(
        "At 2026-06-30 10:00 (workday), nobody answers here for all matters: no grid of police covers this spot."
    )
    assert answer.say("en").count("police") == 1


@pytest.mark.parametrize(
    "duty", [{"valid_to": "2026-01-01"}, {"condition": "on_road"}, {"matters": "0501"}], ids=["past", "road", "matter"]
)
def test_a_duty_that_would_not_count_there_misses_no_grid(duty):
    assert ask(make([{**DUTIES[0], **duty}, DUTIES[1]])).uncovered == ()


@pytest.mark.parametrize(
    ("facts", "allowed"),
    [
        ({}, True),
        ({"allowed": False}, False),
        ({"agency": "water"}, False),
        ({"allowed_until": "2026-06-30"}, True),
        ({"allowed_until": "2026-06-29"}, False),
    ],
)
def test_an_allowed_gap_is_told_as_allowed(facts, allowed):
    answer = ask(make(defects=gap(**facts)))
    (told,) = answer.uncovered
    assert told.allowed is allowed
    assert ("; the gap is allowed" in told.why("en")) is allowed
    assert ("The gap in the grids of police is allowed." in answer.say("en")) is allowed


def test_a_line_and_an_area_tell_the_share_that_nobody_of_an_agency_covers():
    matrix = make()
    line = shapely.LineString([(WEST + 10, SOUTH + 50), (WEST + 130, SOUTH + 50)])
    (told,) = matrix.who_all(line, at=AT).attrs["uncovered"]
    assert (told["agency"], told["kind"], told["size"]) == ("police", "no_grid", pytest.approx(20.0))
    (told,) = matrix.who_all(land(0, 0, 50, 50), at=AT).attrs["uncovered"]
    assert told["size"] == pytest.approx(500.0, rel=1e-3)
    assert matrix.who_all(land(0, 0, 30, 50), at=AT).attrs["uncovered"] == []


def test_a_map_without_duties_names_the_agencies_without_grid():
    grids = DutyGrids(GRIDS)
    assert grids.absent(WEST + 50, SOUTH + 50) == ["police"]
    assert grids.absent(WEST + 20, SOUTH + 50) == []


def test_the_sentences_are_known_in_chinese():
    for text in ("nobody: no grid of A covers this spot", "nobody: no grid of A covers this spot; the gap is allowed"):
        assert "无人负责" in translate(text, "zh")
