"""The palette: readable in light and dark, and status never by colour alone."""

import itertools
import re

import pytest

from onemap.report.palette import contrast, load_palette, rgb
from onemap.report.signs import HATCHED, fill_of, presence_sign, state_sign, tone_of

PALETTE = load_palette()
GROUNDS = ("paper", "surface", "water", "green", "building", "road_fill")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "ink_quiet", "accent", "good", "warn", "bad"])
def test_text_is_readable_on_every_ground(theme, ink):
    colours = getattr(PALETTE, theme)
    assert min(contrast(colours[ink], colours[ground]) for ground in GROUNDS) >= 4.5


def test_both_themes_name_the_same_colours():
    assert set(PALETTE.light) == set(PALETTE.dark)


def test_every_colour_is_written_in_full():
    colours = [
        *PALETTE.light.values(),
        *PALETTE.dark.values(),
        *PALETTE.hues,
        *itertools.chain(*PALETTE.ramps.values()),
    ]
    assert not [colour for colour in colours if not re.fullmatch(r"#[0-9A-F]{6}", colour)]
    assert len(set(PALETTE.hues)) == 12


def test_ramps_are_ordered_in_grey_too():
    for ramp in (PALETTE.ramps["cases"], PALETTE.ramps["loss"]):
        grey = [0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in map(rgb, ramp)]
        assert grey == sorted(grey, reverse=True)


def test_findings_differ_in_form_as_well():
    fills = {tone: PALETTE.hatches[tone]["form"] for tone in HATCHED}
    assert len(set(fills.values())) == len(HATCHED)
    assert {fill_of(tone) for tone in HATCHED} == {f"url(#h-{tone})" for tone in HATCHED}
    assert fill_of(tone_of("mismatch")) == "none"


def test_states_differ_in_form_as_well():
    def form(sign: str) -> str:
        return re.sub(r' class="[^"]*"', "", str(sign))

    assert len({form(state_sign(state)) for state in ("new", "in_hand", "overdue", "settled")}) == 4
    assert (
        len({form(presence_sign(state)) for state in ("present", "partial", "stale", "empty", "missing", "outside")})
        == 6
    )


def test_levels_that_the_palette_does_not_know_get_the_line_of_their_place():
    assert PALETTE.line("ward", 0, 3) == PALETTE.lines["grid_district"]
    assert PALETTE.line("block", 2, 3) == PALETTE.lines["grid_cell"]
    assert PALETTE.line("grid_street", 0, 3) == PALETTE.lines["grid_street"]
