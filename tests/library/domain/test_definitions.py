"""Definitions that people write: every problem is told in one error, and nothing else ever comes out."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onemap.domain.catalogue import definitions_folder, load_catalogue
from onemap.domain.code_parts import DATA
from onemap.domain.codes import profile, profiles
from onemap.domain.definition import DefinitionError
from onemap.domain.profile_data import read_profile
from onemap.errors import SchemaError

WRONG = """
schema = 3
kind = 7
title = { zh = "甲" }
source = "city rule"
trust = "X"
alphabet = "0123456780"
numbered = "county"
checks = ["GB1"]
aliases = "A"
colour = "red"
[[part]]
use = "provinz"
[[part]]
use = "county"
whole = "000"
[[part]]
name = "county"
length = 2
strict = "yes"
title = { zh = "县", en = "county" }
classes = "X/y"
meanings = [{ from = "20", to = "01", zh = "a", en = "b", trust = "V" }, { from = "1" }]
[[part]]
name = "end"
length = 0
strict = false
title = { zh = "末", en = "end" }
"""


def test_every_problem_of_a_profile_stands_in_one_error(tmp_path):
    (tmp_path / "CITY.toml").write_text(WRONG, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        profile("CITY", folder=tmp_path)
    said = str(caught.value)
    for sentence in (
        "schema must be 1",
        "kind is 7, it must be str",
        "title must give both zh and en",
        "trust is 'X', it must be one of V, S, M",
        "alphabet holds a character twice",
        "checks is 'GB1', it must be one of GB32100",
        "aliases must be a list of text",
        "colour is not known here",
        "part 1.use is 'provinz', it must be one of province, prefecture",
        "part 1.provinz.length is missing",
        "part 2.county.whole must be 2 characters",
        "part 3.county.strict is 'yes', it must be bool",
        "part 3.county.classes is 'X/y', it must be one of CJT214/component",
        "part 3.county.meanings 20-01 must be two ends of 2 characters, the lower first",
        "part 3.county.meanings must give from, to, zh, en and trust",
        "part 4.end.length is 0, it must be >= 1",
        "part names county twice",
        "numbered must be the last part, not 'county'",
    ):
        assert sentence in said, sentence
    assert "CITY.toml：alphabet 中有重复字符" in caught.value.text("zh")


def test_an_empty_folder_has_no_profiles(tmp_path):
    with pytest.raises(SchemaError, match="no code profiles"):
        profiles(tmp_path)


@st.composite
def mutated(draw, texts: list[str]) -> str:
    """Return a definition with a few lines or characters changed."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 30))
        text = (
            text[:place]
            + draw(st.sampled_from(["", "=", "[", "5", "true", '"', "[[part]]\n", "x = {}\n"]))
            + text[place + length :]
        )
    return text


LAYERS = [path.read_text(encoding="utf-8") for path in sorted(definitions_folder().glob("grid_*.toml"))]
PROFILES = [path.read_text(encoding="utf-8") for path in sorted((DATA / "profiles").glob("*.toml"))]
DOSE = 5000 if os.environ.get("ONEMAP_DOSE") == "full" else 250
MANY = settings(max_examples=DOSE, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(mutated(LAYERS))
def test_r3_no_layer_definition_breaks_the_catalogue(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("layers")
    (folder / "grid_cell.toml").write_text(text, encoding="utf-8")
    try:
        assert len(load_catalogue(folder)) == 1
    except DefinitionError as error:
        assert error.problems
        assert error.text("zh")


@MANY
@given(mutated(PROFILES))
def test_r3_no_profile_definition_breaks_the_codes(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("profiles") / "CITY.toml"
    path.write_text(text, encoding="utf-8")
    try:
        assert read_profile(path).length > 0
    except DefinitionError as error:
        assert error.problems
        assert error.text("zh")
