"""What a section is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onemap.report.facts import Facts
from onemap.report.maps import DistrictMaps
from onemap.report.palette import Palette
from onemap.report.tiles import DefectTiles
from onemap.report.wording import Wording


@dataclass(frozen=True)
class Block:
    """One thing in a section: ``kind`` names the template that draws ``content``."""

    kind: str
    content: Any
    title: str = ""
    lead: str = ""
    id: str = ""
    half: bool = False  # on paper half as wide as the page


@dataclass(frozen=True)
class Section:
    """A section: its anchor, its title, the figure beside it in the contents, what it says first, its blocks."""

    id: str
    title: str
    lead: str
    blocks: Sequence[Block]
    badge: str = ""
    tone: str = "quiet"  # good, warn, bad, quiet


@dataclass(frozen=True)
class Desk:
    """All that a section needs to be written: facts, words, and what draws. ``maps`` is None without any place."""

    facts: Facts
    words: Wording
    palette: Palette
    maps: DistrictMaps | None
    tiles: DefectTiles
    files: Mapping[str, str] = field(default_factory=dict)

    def rest(self, layer_id: str) -> str:
        """Return the sentence that says where all rows of a table are: its file, else its layer in the map."""
        if layer_id in self.files:
            return self.words.say("all rows: {path}", path=self.files[layer_id])
        return self.words.say(
            "all rows: layer {layer} of {path}", layer=layer_id, path=Path(self.facts.one_map.path).name
        )


def empty(text: str) -> Block:
    """Return the block that stands where there is nothing to show, and says why or what to do."""
    return Block("empty", text)
