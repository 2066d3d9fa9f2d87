"""What a comparison of two versions says of one code."""

from dataclasses import dataclass
from typing import Final

from onemap.geo.defects import write_number
from onemap.translation import say

LEAST_SHARE: Final = 0.05
"""Of land: less of it goes on under no code, and a code that keeps less of its own names other land now."""


@dataclass(frozen=True)
class VersionRow:
    """What is said of one code."""

    code: str
    status: str
    old_name: str
    new_name: str
    gained_m2: float
    lost_m2: float
    kept_share: float
    came_from: tuple[str, ...]
    went_to: tuple[str, ...]

    def sentence(self) -> str:
        """Return what happened to the cell, in English."""
        came, went = ", ".join(filter(None, self.came_from)), ", ".join(filter(None, self.went_to))
        if self.status == "added":
            return say("new, on land of {cells}", cells=came) if came else say("new, on land that no cell had")
        if self.status == "removed":
            return say("gone, its land is now in {cells}", cells=went) if went else say("gone, its land is in no cell")
        said = []
        if self.status == "redrawn" and self.kept_share < LEAST_SHARE:
            said.append(say("the code names other land now"))
        if self.gained_m2:
            area = write_number(self.gained_m2)
            said.append(
                say("{area} m2 came from {cells}", area=area, cells=came)
                if came
                else say("{area} m2 came from no cell", area=area)
            )
        if self.lost_m2:
            area = write_number(self.lost_m2)
            said.append(
                say("{area} m2 went to {cells}", area=area, cells=went)
                if went
                else say("{area} m2 went to no cell", area=area)
            )
        if self.old_name != self.new_name:
            said.append(say("named {new}, before {old}", new=self.new_name or "-", old=self.old_name or "-"))
        return "; ".join(said)
