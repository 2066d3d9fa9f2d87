"""Properties of all codes: parse and format, conversion there and back, every mutation is named."""

import os

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from onemap.domain.check_characters import credit_check_character
from onemap.domain.code_parts import PartSpec
from onemap.domain.codes import CodeProfile, ConversionError, profile, profiles

NAMES = profiles()
DOSE = 5000 if os.environ.get("ONEMAP_DOSE") == "full" else 150
FEW = settings(max_examples=DOSE, deadline=None)


def digits_of(part: PartSpec, alphabet: str) -> st.SearchStrategy[str]:
    """Return sound digits of a group."""
    if not part.strict:
        return st.text(alphabet, min_size=part.length, max_size=part.length)
    spans = [st.integers(int(known.first), int(known.last)) for known in part.meanings]
    return st.one_of(spans).map(lambda number: f"{number:0{part.length}d}")


@st.composite
def sound_codes(draw, names=NAMES):
    """Return a profile and a sound code of it."""
    chosen = profile(draw(st.sampled_from(names)))
    return chosen, draw(codes_of(chosen))


@st.composite
def codes_of(draw, chosen: CodeProfile) -> str:
    """Return a sound code of one profile, sometimes of an upper level."""
    parts = chosen.spec.parts
    wholes = [place for place, part in enumerate(parts) if part.whole]
    cut = draw(st.sampled_from([*wholes, len(parts)]))
    code = "".join(
        part.whole if place >= cut else draw(digits_of(part, chosen.spec.alphabet)) for place, part in enumerate(parts)
    )
    return code[:17] + credit_check_character(code[:17]) if chosen.spec.checks else code


@FEW
@given(sound_codes())
def test_sound_codes_parse_and_format_to_themselves(case):
    chosen, code = case
    assert chosen.validate(code) == []
    parsed = chosen.parse(code)
    assert "".join(part.digits for part in parsed) == code
    assert chosen.format(**{part.name: part.digits for part in parsed}) == code
    for language in ("zh", "en"):
        told = chosen.explain(code, language=language)
        assert [row.digits for row in told] == [part.digits for part in parsed]
        assert all(row.meaning for row in told)


@FEW
@given(sound_codes(), st.sampled_from(profiles()))
def test_what_converts_comes_back_unchanged(case, target):
    chosen, code = case
    try:
        made = chosen.convert(code, target)
    except ConversionError as error:
        assert error.text("zh") != error.text("en")
        return
    assert profile(target).validate(made) == []
    assert profile(target).convert(made, chosen) == code


@FEW
@given(sound_codes(), st.data())
def test_a_foreign_character_names_its_group(case, data):
    chosen, code = case
    place = data.draw(st.integers(0, len(code) - 1))
    wrong = code[:place] + "#" + code[place + 1 :]
    (problem,) = chosen.validate(wrong)
    assert problem.kind == "character"
    assert problem.start <= place + 1 <= problem.end


STRICT = tuple(name for name in profiles() if any(part.strict for part in profile(name).spec.parts))


@FEW
@given(sound_codes(STRICT), st.data())
def test_digits_out_of_range_name_their_group(case, data):
    chosen, code = case
    starts = dict(zip([p.name for p in chosen.spec.parts], chosen.spec.starts(), strict=True))
    part = data.draw(st.sampled_from([part for part in chosen.spec.parts if part.strict]))
    digits = data.draw(st.text("0123456789", min_size=part.length, max_size=part.length))
    assume(part.meaning(digits) is None and digits != part.whole)
    start = starts[part.name]
    wrong = code[:start] + digits + code[start + part.length :]
    assert part.name in [problem.part for problem in chosen.validate(wrong)]


@FEW
@given(sound_codes(), st.integers(1, 5))
def test_a_cut_code_is_never_sound(case, cut):
    chosen, code = case
    problems = chosen.validate(code[:-cut]) if cut < len(code) else chosen.validate("")
    assert len(problems) >= 1
    assert all(problem.proposal is None for problem in problems)


@FEW
@given(sound_codes(), st.sampled_from(["full_width", "spaces", "quotes"]))
def test_damage_that_loses_nothing_proposes_the_very_code(case, damage):
    chosen, code = case
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code)
    damaged = {"full_width": wide, "spaces": f" {code[:3]}\u3000{code[3:]}\n", "quotes": f"'{code}"}[damage]
    (problem,) = chosen.validate(damaged)
    assert (problem.kind, problem.damage, problem.proposal) == ("damaged", damage, code)


@FEW
@given(
    st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.binary(), st.booleans()), st.sampled_from(profiles())
)
def test_any_value_gets_an_answer(value, name):
    problems = profile(name).validate(value)
    for problem in problems:
        assert problem.text("zh")
        if problem.proposal is not None:
            assert profile(name).validate(problem.proposal) == []
