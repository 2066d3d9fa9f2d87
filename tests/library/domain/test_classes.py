"""Class tables of two generations, the five-in-one scheme, and the crosswalks between them."""

from collections import Counter

import pytest

from onemap.domain.classes import (
    Category,
    class_table,
    class_tables,
    crosswalk,
    five_in_one,
    five_in_one_category,
)
from onemap.errors import SchemaError


def test_the_tables_are_as_long_as_their_transcription():
    counts = {name: (len(table.majors), len(table)) for name, table in class_tables().items()}
    assert counts == {
        "CJT214/component": (7, 62),
        "CJT214/matter": (6, 54),
        "GBT47678.5/component": (5, 153),
        "GBT47678.5/matter": (10, 250),
    }


def test_classes_of_2026_by_major():
    majors = Counter(entry.major for entry in class_table("GBT47678.5", "component"))
    assert majors == {"01": 76, "02": 44, "03": 16, "04": 14, "05": 3}
    matters = Counter(entry.major for entry in class_table("GBT47678.5", "matter"))
    assert {major: count for major, count in matters.items() if major > "05"} == {
        "06": 51,
        "07": 7,
        "08": 16,
        "09": 21,
        "10": 2,
    }


def test_matters_mirror_the_components():
    components, matters = class_table("GBT47678.5", "component"), class_table("GBT47678.5", "matter")
    mirrored = [entry for entry in matters if entry.major <= "05"]
    assert len(mirrored) == 153
    assert all(entry.name == components.get(entry.code).name + "异常" for entry in mirrored)
    assert matters.get("01037").name == "路灯异常"


def test_every_class_has_an_english_title():
    untold = [entry.name for table in class_tables().values() for entry in table if not entry.title.en.isascii()]
    assert untold == []
    assert class_table("GBT47678.5", "matter").get("01037").title.en == "street lamp, anomaly"


def test_gaps_of_the_transcription_are_known():
    table = class_table("GBT47678.5", "component")
    assert sorted(table.gaps) == ["01016", "05001", "05004", "05005", "05006", "05007", "05008"]
    assert "转录缺号" in table.note("01016").zh
    assert table.note("01037") is None
    assert table.note("01099").en == "not in the class table"
    assert sorted(set(class_table("GBT47678.5", "matter").gaps) - set(table.gaps)) == ["06031", "07005", "09007"]
    assert class_table("CJT214", "component").note("0128").en == "set by each city"


def test_every_hole_of_a_run_is_a_known_gap():
    for kind in ("component", "matter"):
        table = class_table("GBT47678.5", kind)
        for major in table.majors:
            minors = [int(entry.minor) for entry in table if entry.major == major]
            holes = {f"{major}{minor:03d}" for minor in range(1, max(minors))} - {entry.code for entry in table}
            assert holes <= set(table.gaps)


@pytest.mark.parametrize(("kind", "same", "likely", "none"), [("component", 40, 18, 4), ("matter", 31, 8, 15)])
def test_crosswalk_by_equal_names_only(kind, same, likely, none):
    walk = crosswalk("CJT214", "GBT47678.5", kind)
    assert Counter(row.relation for row in walk.values()) == {"same_name": same, "likely": likely, "none": none}
    back = crosswalk("GBT47678.5", "CJT214", kind)
    for code, row in walk.items():
        if row.new is not None:
            assert row.old.name == row.new.name
            assert back[row.new.code].new.code == code


def test_likely_pairs_are_told_both_ways_and_never_taken():
    row = crosswalk("CJT214", "GBT47678.5", "component")["0107"]
    assert (row.new, row.likely.name) == (None, "通信井盖")
    back = crosswalk("GBT47678.5", "CJT214", "component")["01007"]
    assert (back.new, back.likely.code) == (None, "0107")


def test_a_crosswalk_never_takes_other_for_other():
    assert crosswalk("CJT214", "GBT47678.5", "matter")["0199"].new is None


def test_the_key_is_scheme_kind_and_code():
    lamp = class_table("CJT214", "component").get("0118")
    assert lamp.category == Category("CJT214", ("component", "01", "18"))
    component, matter = (class_table("GBT47678.5", kind).get("01001") for kind in ("component", "matter"))
    assert component.name == "供水井盖"
    assert matter.name == "供水井盖异常"


def test_five_in_one_stands_above_the_tables():
    scheme = five_in_one()
    assert [title.zh for category, title in scheme.items() if len(category.path) == 1] == [
        "行政服务",
        "社会管理",
        "社会服务",
        "应急处置",
        "城市管理",
    ]
    assert len(scheme) == 5 + 0 + 6 + 2 + 4 + 2
    for table in class_tables().values():
        places = {five_in_one_category(entry) for entry in table}
        assert len(places) == 1
        assert places <= set(scheme)


def test_an_unknown_table_names_the_known_ones():
    with pytest.raises(SchemaError, match="no class table X/component, known are CJT214/component"):
        class_table("X", "component")
