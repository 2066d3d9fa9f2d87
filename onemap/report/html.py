"""The report of a published map: one HTML file that needs nothing else."""

from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from .facts import Facts
from .wording import Wording

if TYPE_CHECKING:
    from ..store.one_map import OneMap


def write_report(one_map: "OneMap", path: str | Path, *, language: str = "zh") -> Path:
    """Write the report of a published map in one language and return its path."""
    facts, words = Facts(one_map), Wording(language)
    gaps = facts.uncovered
    body = Markup("<h1>{}</h1><p>{} · {}</p>").format(
        facts.district.get("name", ""), len(gaps), words.area(gaps["area_m2"].sum())
    )
    target = Path(path)
    target.write_text(
        Markup('<!DOCTYPE html><html lang="{}"><meta charset="utf-8"><body>{}').format(language, body), encoding="utf-8"
    )
    return target
