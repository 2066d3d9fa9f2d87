"""Every division code of Beijing and Changzhi, 2016 and 2023, and what became of those that vanished."""

from collections import Counter

import pytest

from onemap.domain.codes import compare_code_lists, profile
from onemap.errors import SchemaError

from .division_codes import CITIES, codes_2016, codes_2023

LEVELS_2016 = {
    "beijing": {"province": 1, "prefecture": 1, "county": 16, "street": 336, "community": 7007},
    "changzhi": {"prefecture": 1, "county": 14, "street": 154, "community": 3582},
}
LEVELS_2023 = {
    "beijing": {"county": 16, "street": 349, "community": 7535},
    "changzhi": {"county": 12, "street": 149, "community": 2628},
}


@pytest.mark.parametrize("city", CITIES)
def test_every_code_of_2016_is_sound_and_of_the_level_told(real_data, city):
    rules = profile("ADMIN12")
    codes = codes_2016(real_data, city)
    assert [code for code in codes if rules.validate(code)] == []
    assert Counter(rules.parse(code).level for code in codes) == LEVELS_2016[city]
    print(f"codes: {city} 2016, {len(codes)} of {len(codes)} sound")


@pytest.mark.parametrize("city", CITIES)
def test_every_code_of_2023_is_sound(real_data, city):
    codes = codes_2023(real_data, city)
    assert [code for code in codes if profile(f"ADMIN{len(code)}").validate(code)] == []
    levels = Counter(profile(f"ADMIN{len(code)}").parse(code).level for code in codes)
    assert levels == LEVELS_2023[city]
    print(f"codes: {city} 2023, {len(codes)} of {len(codes)} sound")


@pytest.mark.parametrize("city", CITIES)
def test_every_code_goes_to_its_level_and_back(real_data, city):
    rules, lengths = profile("ADMIN12"), {"province": 2, "prefecture": 4, "county": 6, "street": 9, "community": 12}
    for code in codes_2016(real_data, city):
        own = profile(f"ADMIN{lengths[rules.parse(code).level]}")
        assert own.convert(rules.convert(code, own), rules) == code


@pytest.mark.parametrize("city", CITIES)
def test_every_community_carries_grids_of_both_lengths(real_data, city):
    for code in codes_2023(real_data, city):
        if len(code) == 12:
            old = profile("CJT213-2005").parse(code + "07").code
            new = profile("CJT213-2005").convert(old, "GBT30428")
            assert new == code + "007"
            assert profile("GBT30428").convert(new, "CJT213-2005") == old


@pytest.mark.parametrize("city", CITIES)
def test_every_code_damaged_by_a_spreadsheet_is_named(real_data, city):
    """Read as numbers: 12 digits fit, so the code is proposed, but never taken; shown as 1.10108E+11 it is lost."""
    rules = profile("ADMIN12")
    proposed = 0
    for code in codes_2016(real_data, city):
        (problem,) = rules.validate(float(code))
        assert problem.kind == "damaged"
        assert problem.proposal in (None, code)
        proposed += problem.proposal == code
        lost = rules.validate(f"{float(code):.5E}")
        assert [problem.damage for problem in lost] == ["scientific"]
        assert lost[0].proposal is None
    upper = sum(n for level, n in LEVELS_2016[city].items() if level not in ("street", "community"))
    assert proposed == len(codes_2016(real_data, city)) - upper


@pytest.mark.parametrize("city", CITIES)
def test_kinds_of_streets_and_communities_told_by_their_digits(real_data, city):
    told = Counter(
        profile("ADMIN12").parse(code)["street"].meaning.en for code in codes_2023(real_data, city) if len(code) == 12
    )
    streets = Counter(
        profile("ADMIN9").parse(code)["street"].meaning.en for code in codes_2023(real_data, city) if len(code) == 9
    )
    expected = {
        "beijing": {"subdistrict": 221, "town": 107, "township": 15, "unit run by an enterprise or a zone": 6},
        "changzhi": {"subdistrict": 18, "town": 78, "township": 32, "unit run by an enterprise or a zone": 21},
    }
    assert streets == expected[city]
    assert sum(told.values()) == LEVELS_2023[city]["community"]


EXPECTED = {
    "beijing": {
        "county": {"kept": 16, "renamed": 0, "gone": 0, "new": 0},
        "street": {"kept": 324, "renamed": 8, "gone": 4, "new": 17},
        "community": {"kept": 6244, "renamed": 194, "gone": 569, "new": 1097},
    },
    "changzhi": {
        "prefecture": {"kept": 0, "renamed": 0, "gone": 0, "new": 0},
        "county": {"kept": 8, "renamed": 0, "gone": 6, "new": 4},
        "street": {"kept": 68, "renamed": 1, "gone": 85, "new": 80},
        "community": {"kept": 1253, "renamed": 107, "gone": 2222, "new": 1268},
    },
}


@pytest.mark.parametrize("city", CITIES)
def test_what_became_of_every_code(real_data, city):
    old, new = codes_2016(real_data, city), codes_2023(real_data, city)
    compared = compare_code_lists(old, new)
    expected = {level: counts for level, counts in EXPECTED[city].items() if any(counts.values())}
    assert compared.counts == expected
    kept_or_renamed = len(compared.of("kept")) + len(compared.of("renamed"))
    assert kept_or_renamed + len(compared.of("gone")) + sum(compared.left_out.values()) == len(old)
    assert kept_or_renamed + len(compared.of("new")) == len(new)
    print(f"codes: {city}, {len(compared.of('gone'))} gone, {len(compared.of('new'))} new since 2016")


def test_levels_of_one_list_only_are_left_out(real_data):
    compared = compare_code_lists(codes_2016(real_data, "beijing"), codes_2023(real_data, "beijing"))
    assert compared.left_out == {"province": 1, "prefecture": 1}


def test_the_counties_of_changzhi_that_vanished_in_2018_are_followed(real_data):
    compared = compare_code_lists(codes_2016(real_data, "changzhi"), codes_2023(real_data, "changzhi"))
    followed = {
        row.code: [(s.code, s.name, s.children) for s in row.successors] for row in compared.of("gone", "county")
    }
    assert followed == {
        "140401": [],  # 市辖区 holds no divisions
        "140402": [("140403", "潞州区", 10)],
        "140411": [("140403", "潞州区", 6)],
        "140421": [("140404", "上党区", 10)],
        "140424": [("140405", "屯留区", 10)],
        "140481": [("140406", "潞城区", 8)],
    }


def test_a_vanished_street_and_its_communities_are_followed_with_evidence(real_data):
    compared = compare_code_lists(codes_2016(real_data, "changzhi"), codes_2023(real_data, "changzhi"))
    (street,) = compared.find("140402001000").successors
    assert (street.code, street.name, street.parent_agrees) == ("140403001", "东街街道", True)
    assert street.reason == (
        "same name; 8 of its 8 vanished children have a namesake under it; "
        "under 140403, which may have succeeded 140402; same last digits 001"
    )
    best, *others = compared.find("140402001002").successors
    assert (best.code, best.parent_agrees) == ("140403001002", True)
    assert not any(other.parent_agrees for other in others)


FOLLOWED = {  # vanished codes: of which with a candidate, of which with exactly one whose parent agrees
    ("beijing", "street"): (4, 4, 1),
    ("beijing", "community"): (569, 275, 132),
    ("changzhi", "street"): (85, 83, 69),
    ("changzhi", "community"): (2222, 1278, 1093),
}


@pytest.mark.parametrize(("city", "level"), FOLLOWED)
def test_how_many_vanished_codes_have_a_successor(real_data, city, level):
    compared = compare_code_lists(codes_2016(real_data, city), codes_2023(real_data, city))
    gone = compared.of("gone", level)
    one = [row for row in gone if sum(heir.parent_agrees for heir in row.successors) == 1]
    assert (len(gone), sum(bool(row.successors) for row in gone), len(one)) == FOLLOWED[city, level]


def test_a_code_given_to_another_place_is_shown(real_data):
    """Code 110106008 was 卢沟桥街道 and is 六里桥街道 now; the name lives on under 110106017."""
    row = compare_code_lists(codes_2016(real_data, "beijing"), codes_2023(real_data, "beijing")).find("110106008")
    assert (row.status, row.old_name, row.new_name) == ("renamed", "卢沟桥街道办事处", "六里桥街道")
    assert "110106017" in [heir.code for heir in row.successors]


def test_codes_without_names_have_no_namesakes():
    compared = compare_code_lists(
        {"110102007012001": "", "110102007012002": ""}, {"110102007012002": "", "110102007012003": ""}
    )
    assert compared.counts == {"cell": {"kept": 1, "renamed": 0, "gone": 1, "new": 1}}
    assert compared.find("110102007012001").successors == ()


def test_lists_with_doubled_or_odd_codes_are_refused():
    with pytest.raises(SchemaError, match="codes stand twice in one list: 110101"):
        compare_code_lists([("110101", "东城区"), ("110101000000", "东城区")], {})
    with pytest.raises(SchemaError, match="not codes of 2, 4, 6, 9, 12, 14 or 15 digits: 11010"):
        compare_code_lists({"11010": "x"}, {})
    with pytest.raises(SchemaError, match="is in neither of the two lists"):
        compare_code_lists({"110101": "东城区"}, {"110101": "东城区"}).find("110102")
