"""What the answers of a responsibility matrix depend on besides the data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from onemap.domain.precedence import Precedence


@dataclass(frozen=True, kw_only=True)
class MatrixOptions:
    """What the answers depend on besides the data.

    Attributes
    ----------
    timezone
        The district's local time: times without zone are in it, others and "now" are converted to it. Empty for that of
        the map, and `onemap.domain.moments.USUAL_ZONE` where there is no map or it names none.
    scheme
        Class table of matters and objects asked for by code alone.
    precedence
        Which of several duties counts; a file, a `Precedence`, or None for the usual table.
    road_width_m
        Width of roads that tell none.
    road_near_m
        Where no road's width reaches a spot, the nearest road within this distance claims it.
    code_profile
        Profile of the cell codes, whose digits are explained; empty for none.
    language
        Language of the sentences where none is asked for.
    sources, version
        Where each layer came from, and the version of the whole, for the proof.
    level_titles
        Titles of the levels by language; those of the catalogue where left out.
    """

    timezone: str = ""
    scheme: str = "CJT214"
    precedence: Precedence | Path | str | None = None
    road_width_m: float = 0.0
    road_near_m: float = 0.0
    code_profile: str = ""
    language: str = "en"
    sources: Mapping[str, str] | None = None
    version: str = ""
    level_titles: Mapping[str, Mapping[str, str]] | None = None
