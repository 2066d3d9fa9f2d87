"""Codes: parse, validate, explain, convert; every damaged code is named and none is guessed."""

import numpy as np
import pandas as pd
import pytest

from onemap.domain.codes import CodeError, ConversionError, profile, profiles
from onemap.errors import SchemaError
from onemap.translation import translate

GRID = "11010801100408"
LENGTHS = {
    "ADMIN2": 2,
    "ADMIN4": 4,
    "ADMIN6": 6,
    "ADMIN9": 9,
    "ADMIN12": 12,
    "CJT213-2005": 14,
    "GBT30428": 15,
    "GBT47678-2026": 15,
    "CJT349-2010": 20,
    "CJT214-component": 16,
    "CJT214-component-class": 4,
    "CJT214-matter": 10,
    "CJT214-matter-class": 4,
    "GBT47678.5-component": 17,
    "GBT47678.5-component-class": 5,
    "GBT47678.5-matter": 11,
    "GBT47678.5-matter-class": 5,
    "GB32100-2015": 18,
}


def test_the_shipped_profiles_and_their_lengths():
    assert {name: profile(name).length for name in profiles()} == LENGTHS


@pytest.mark.parametrize(
    "alias", ["CJT213", "CJ/T 213-2005", "CJT214", "GBT47678.5", "GBT30428.1", "DB11/T 2157-2023", "GBT47678.3-2026"]
)
def test_other_names_of_a_standard_find_its_profile(alias):
    assert profile(alias).name in LENGTHS


def test_an_unknown_profile_names_the_known_ones():
    with pytest.raises(SchemaError, match=r"no code profile zz, known are .*CJT213-2005"):
        profile("zz")
    with pytest.raises(SchemaError, match=r"no code profile cjt213-205, did you mean CJT213-2005\? Known are ADMIN2"):
        profile("cjt213-205")


def test_parse_tells_every_group():
    parsed = profile("CJT213-2005").parse(GRID)
    assert [(p.name, p.digits, p.code, p.meaning.en) for p in parsed] == [
        ("province", "11", "11", "Beijing"),
        ("prefecture", "01", "1101", "prefecture-level city (of a municipality: its districts together)"),
        ("county", "08", "110108", "district"),
        ("street", "011", "110108011", "subdistrict"),
        ("community", "004", "110108011004", "residents' committee"),
        ("serial", "08", GRID, "number inside the community, west to east, north to south"),
    ]
    assert (parsed["street"].start, parsed["street"].end) == (7, 9)
    assert parsed.level == "serial"


@pytest.mark.parametrize(
    ("name", "code", "level"),
    [
        ("ADMIN12", "110000000000", "province"),
        ("ADMIN12", "110100000000", "prefecture"),
        ("ADMIN12", "110101000000", "county"),
        ("ADMIN12", "110101001000", "street"),
        ("ADMIN12", "110101001001", "community"),
        ("CJT213-2005", "11010801100400", "community"),
        ("CJT349-2010", "01010011010801100400", "community"),
    ],
)
def test_zeros_at_the_end_are_a_code_of_the_level_above(name, code, level):
    assert profile(name).parse(code).level == level


@pytest.mark.parametrize(
    ("name", "code", "part", "found"),
    [
        ("CJT213-2005", "99010801100408", "province", "99"),
        ("CJT213-2005", "11710801100408", "prefecture", "71"),
        ("CJT213-2005", "11010001100408", "county", "00"),
        ("CJT213-2005", "11010860000408", "street", "600"),
        ("CJT213-2005", "11010801100008", "community", "000"),
        ("GBT30428", "110102007012000", "serial", "000"),
        ("GBT30428", "11010200701203A", "serial", "03A"),
        ("GBT47678-2026", "1101020070120-5", "serial", "0-5"),
        ("CJT214-component", "1101080118000000", "serial", "000000"),
        ("GBT47678.5-component", "11010801037000000", "serial", "000000"),
        ("CJT349-2010", "01010011010801100x08", "community", "00x"),
        ("ADMIN12", "110100001001", "street", "001"),
    ],
)
def test_the_wrong_group_is_named(name, code, part, found):
    problems = profile(name).validate(code)
    assert (problems[0].part, problems[0].found) == (part, found)
    assert problems[0].end - problems[0].start + 1 == len(found)


def test_all_wrong_groups_are_named_together_in_both_languages():
    problems = profile("CJT213-2005").validate("99010860000400")
    assert [problem.part for problem in problems] == ["province", "street"]
    assert problems[1].text("en") == "street (characters 7 to 9) is 600, it must be one of 001-599"
    assert problems[1].text("zh") == "“乡级”段（第 7 至 9 位）为 600；应在下列范围内：001-599"
    joined = "; ".join(map(str, problems))
    assert translate(joined) == "；".join(problem.text("zh") for problem in problems)


@pytest.mark.parametrize(
    ("code", "part", "said"),
    [
        ("1101080110040", "serial", "has 13 characters, 14 are needed: it ends inside serial"),
        ("110108011004", "serial", "has 12 characters, 14 are needed: serial is missing"),
        ("110108011004081", "serial", "has 15 characters, 14 are needed: 1 stands after serial"),
        ("1", "province", "has 1 characters, 14 are needed: it ends inside province"),
    ],
)
def test_a_wrong_length_says_where_the_code_breaks_off(code, part, said):
    (problem,) = profile("CJT213-2005").validate(code)
    assert (problem.kind, problem.part, str(problem)) == ("length", part, said)


@pytest.mark.parametrize("code", [None, "", "  ", float("nan")])
def test_no_code_is_named_so(code):
    assert [problem.kind for problem in profile("ADMIN12").validate(code)] == ["empty"]


@pytest.mark.parametrize(
    ("name", "value", "damage", "proposal"),
    [
        ("ADMIN12", 110108011004, "number", "110108011004"),
        ("ADMIN12", 110108011004.0, "decimal", "110108011004"),
        ("ADMIN12", "110108011004.0", "decimal", "110108011004"),
        ("CJT213-2005", "1.10108E+13", "scientific", None),
        ("CJT213-2005", "1.1010801100408E+13", "scientific", GRID),
        ("CJT213-2005", 1.10108e13, "decimal", None),
        ("ADMIN12", "110108000000.0", "decimal", None),
        ("ADMIN6", 110108.0, "decimal", "110108"),
        ("CJT213-2005", "１１０１０８０１１００４０８", "full_width", GRID),
        ("CJT213-2005", " 110108 011004 08\u3000", "spaces", GRID),
        ("CJT213-2005", "\ufeff11010801100408", "spaces", GRID),
        ("CJT213-2005", "'11010801100408", "quotes", GRID),
        ("CJT213-2005", '="11010801100408"', "quotes", GRID),
        ("CJT213-2005", "110108-011-004-08", "separators", GRID),
        ("GBT47678-2026", "11010200701203a", "lower_case", "11010200701203A"),
        ("CJT214-component", 1101080118077209, "rounded", None),
        ("GBT47678.5-component", 1.1010801037077210e16, "scientific", None),
        ("CJT214-component-class", "118", "lost_zeros", None),
        ("CJT214-component-class", 118, "number", None),
        ("GBT47678.5-matter-class", "6001", "lost_zeros", None),
        ("CJT349-2010", "1010011010801100408", "lost_zeros", None),
        ("ADMIN12", 11010801100.0, "decimal", None),
    ],
)
def test_damage_is_named_and_never_guessed(name, value, damage, proposal):
    problems = profile(name).validate(value)
    assert problems[0].kind == "damaged"
    assert (problems[0].damage, problems[0].proposal) == (damage, proposal)
    assert problems[0].text("zh") != problems[0].text("en")
    with pytest.raises(CodeError):
        profile(name).parse(value)


def test_numbers_and_gaps_of_tables_are_known():
    """Values as numpy and pandas give them."""
    rules = profile("ADMIN12")
    for value in (np.int64(110108011004), np.float64(110108011004.0), np.uint64(110108011004)):
        (problem,) = rules.validate(value)
        assert problem.damage in ("number", "decimal")
        assert problem.proposal == "110108011004"
    assert rules.validate(np.str_("110108011004")) == []
    for value in (pd.NA, pd.NaT, np.nan, np.float32("nan")):
        assert [problem.kind for problem in rules.validate(value)] == ["empty"]


def test_letters_that_look_like_scientific_notation_are_a_code():
    """Found by the property tests: 0E0 is also how a spreadsheet writes zero."""
    assert profile("GBT47678-2026").validate("0E0000000000000") == []
    (problem,) = profile("GBT47678-2026").validate("'0E0000000000000")
    assert (problem.damage, problem.proposal) == ("quotes", "0E0000000000000")


def test_a_province_never_loses_a_zero():
    (problem,) = profile("ADMIN6").validate("10108")
    assert (problem.kind, problem.part) == ("length", "county")


@pytest.mark.parametrize(
    ("source", "code", "target", "made"),
    [
        ("CJT213-2005", GRID, "GBT30428", "110108011004008"),
        ("GBT30428", "110108011004008", "CJT213-2005", GRID),
        ("GBT30428", "110102007012035", "GBT47678-2026", "110102007012035"),
        ("ADMIN9", "110108011", "ADMIN12", "110108011000"),
        ("ADMIN12", "110108011000", "ADMIN9", "110108011"),
        ("ADMIN12", "110108000000", "ADMIN6", "110108"),
        ("ADMIN12", "110108011004", "CJT213-2005", "11010801100400"),
        ("CJT213-2005", "11010801100400", "ADMIN12", "110108011004"),
        ("CJT214-component", "1101080118077209", "GBT47678.5-component", "11010801037077209"),
        ("GBT47678.5-component", "11010801037077209", "CJT214-component", "1101080118077209"),
        ("CJT214-matter-class", "0102", "GBT47678.5-matter-class", "06010"),
    ],
)
def test_convert_where_nothing_is_lost(source, code, target, made):
    assert profile(source).convert(code, target) == made


@pytest.mark.parametrize(
    ("source", "code", "target", "why"),
    [
        ("CJT213-2005", GRID, "ADMIN12", "its serial 08 would be lost"),
        ("GBT30428", "110108011004108", "CJT213-2005", "serial 108 does not fit in 2 digits"),
        ("CJT213-2005", "11010801100400", "GBT30428", "stands for the level above, GBT30428 has no such code"),
        ("ADMIN12", "110108011004", "GBT30428", "serial is unknown, ADMIN12 does not hold it"),
        ("ADMIN12", "110108011000", "CJT213-2005", "village|community 000 stands for the level above"),
        ("ADMIN12", "110108011004", "ADMIN9", "its community 004 would be lost"),
        ("CJT349-2010", "01010011010801100408", "CJT213-2005", "its object 010100 would be lost"),
        ("CJT214-component", "1101080114000001", "GBT47678.5-component", "whether 01023 .不明井盖. is meant"),
        (
            "CJT214-component-class",
            "0306",
            "GBT47678.5-component-class",
            "class 0306 .* no class of the same name there$",
        ),
        ("CJT214-component", "1101080118077209", "CJT214-matter", "component is not a code of matter"),
        ("CJT214-component", "1101080118077209", "ADMIN6", "a code of component is not a code of administrative"),
    ],
)
def test_convert_refuses_and_says_what_would_be_lost_or_is_unknown(source, code, target, why):
    with pytest.raises(ConversionError, match=why) as caught:
        profile(source).convert(code, target)
    assert "不能转换" in caught.value.text("zh")


def test_letters_of_the_new_standard_do_not_fit_the_old():
    with pytest.raises(ConversionError, match=r"serial .* is 03A, only 0-9 may stand there"):
        profile("GBT47678-2026").convert("11010200701203A", "GBT30428")


def test_explain_in_chinese_with_official_names():
    names = {"110108": "海淀区", "110108011": "中关村街道", "110108011004": "科汇社区"}
    told = profile("CJT213-2005").explain(GRID, language="zh", names=names)
    assert [row.sentence for row in told] == [
        "11 省级：北京市",
        "01 地级：地级市（直辖市为市辖区汇总码）",
        "08 县级：海淀区（市辖区）",
        "011 乡级：中关村街道（街道）",
        "004 村级：科汇社区（居民委员会）",
        "08 顺序码：社区内自西向东、自北向南的顺序号",
    ]


def test_explain_marks_what_is_not_verified_and_what_is_wrong():
    told = profile("CJT213-2005").explain("11010860050008")
    assert told.rows[3].problem.startswith("street (characters 7 to 9) is 600")
    assert told.rows[4].meaning.endswith("(from one source)")
    component = profile("CJT214-component").explain("1101080199000001", language="zh")
    assert [row.meaning for row in component][3:5] == ["公用设施（仅见一处来源）", "各市自定的类别"]


def test_explain_of_a_code_of_the_wrong_length_tells_the_problem():
    told = profile("CJT213-2005").explain("1101080110", language="zh")
    assert told.rows == ()
    assert told.problems == ("共 10 位，应为 14 位；在“村级”段内中断",)


def test_format_refuses_unknown_and_wrong_groups():
    with pytest.raises(SchemaError, match="is made of province, prefecture, county, given were province"):
        profile("ADMIN6").format(province="11")
    with pytest.raises(CodeError):
        profile("ADMIN6").format(province="99", prefecture="01", county="08")


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91110000600037341L"])
def test_credit_codes_with_their_check_character(code):
    assert profile("GB32100-2015").validate(code) == []
    for place in range(17):
        other = "A" if code[place] != "A" else "B"
        wrong = code[:place] + other + code[place + 1 :]
        assert [problem.part for problem in profile("GB32100").validate(wrong)] == ["check"]


def test_a_letter_that_credit_codes_do_not_use_is_named():
    (problem,) = profile("GB32100").validate("91350100I000100Y43")
    assert (problem.kind, problem.part) == ("character", "organisation")


def test_a_city_brings_its_own_profile(tmp_path):
    (tmp_path / "CITY16.toml").write_text(
        """
schema = 1
kind = "unit_grid"
title = { zh = "本市网格编码", en = "Grid code of this city" }
source = "city rule"
trust = "S"
alphabet = "0123456789"
numbered = "serial"
[[part]]
use = "province"
[[part]]
use = "prefecture"
[[part]]
use = "county"
[[part]]
name = "street"
length = 4
title = { zh = "乡级", en = "street" }
strict = false
[[part]]
use = "community"
[[part]]
use = "serial3"
name = "serial"
""",
        encoding="utf-8",
    )
    own = profile("CITY16", folder=tmp_path)
    assert own.length == 16
    assert profile("GBT30428").convert("110102007012035", own) == "1101020007012035"
