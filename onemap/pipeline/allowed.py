"""What people allowed is published as allowed, with who, when and why; after its last day it is open again."""

import datetime as dt
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.basemap.decided_repairs import superseded
from onemap.basemap.finding_decisions import FindingDecisions, Outcome, Standing
from onemap.domain.journal import ALLOW_GAP
from onemap.domain.judged import NEAR_M, about_of, as_one, expired
from onemap.translation import say

_ABOUT: Final = ("kind", "layer_id", "agency", "part", "matters", "cells")


class Allowing:
    """Marks findings as people allowed them, table by table, and notes what became of each decision.

    Parameters
    ----------
    decisions
        What counts in the journal.
    today
        The day by which last days are judged; by default that of the clock.
    """

    def __init__(self, decisions: FindingDecisions, *, today: dt.date | None = None) -> None:
        self._decisions = decisions
        self._today = (today or dt.datetime.now(tz=dt.UTC).date()).isoformat()
        for one in decisions.of_verb(ALLOW_GAP):
            text = "there is no such finding any more"
            if one.spot.kind == "near_border":
                text = "a case near a border cannot be allowed, its cell is to be decided"
            decisions.outcomes.setdefault(one.entry.number, Outcome(followed=False, reason=say(text, "en")))

    def mark(self, table: str, frame: Any) -> Any:
        """Return findings with ``allowed allowed_until entry`` and their reason where a decision is about them.

        Where none is, the frame itself.
        """
        held = self._held(table, frame)
        if not held:
            return frame
        written = frame.reset_index(drop=True)
        if "allowed" not in written:
            written["allowed"] = False
            written["allowed_until"] = pd.Series([None] * len(written), dtype=object)
        columns = {name: written[name].to_numpy(dtype=object, copy=True) for name in ("allowed_until", "reason")}
        allowed = written["allowed"].to_numpy(dtype=bool, copy=True)
        entries = pd.array([pd.NA] * len(written), dtype="Int64")
        for row, standing in held.items():
            last = self._settle(standing, _area(written, row))
            if last is None or allowed[row]:  # a polygon of the manifest allows it anyway
                continue
            allowed[row] = not expired(last.entry, self._today)
            columns["allowed_until"][row] = last.entry.value or None
            columns["reason"][row] = "; ".join(text for text in (columns["reason"][row], self._note(last)) if text)
            entries[row] = last.entry.number
        return written.assign(allowed=allowed, entry=entries, **columns)

    def _held(self, table: str, frame: Any) -> dict[int, list[Standing]]:
        """Return by the position of a finding the decisions about it, the latest last."""
        standing = self._decisions.standing
        if not standing or frame.empty:
            return {}
        shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
        points = shapely.points([(one.spot.x, one.spot.y) for one in standing])
        point, row = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=NEAR_M)
        found: dict[int, list[Standing]] = {}
        for place, number in sorted(zip(row.tolist(), point.tolist(), strict=True)):
            spot = standing[number].spot
            if as_one(f"{spot.kind}|{spot.about}") == _about(table, frame, place):
                found.setdefault(place, []).append(standing[number])
        return found

    def _settle(self, held: list[Standing], area_m2: float | None) -> Standing | None:
        """Note what became of the decisions about a finding; return the latest where it allows the finding."""
        last = held[-1]
        for one in held[:-1]:
            if one.entry.verb == ALLOW_GAP:
                self._note_outcome(one, followed=False, reason=superseded(last.entry.number), area_m2=area_m2)
        if last.entry.verb != ALLOW_GAP:
            return None
        past = expired(last.entry, self._today)
        self._note_outcome(last, followed=not past, reason=self._note(last) if past else "", area_m2=area_m2)
        return last

    def _note_outcome(self, one: Standing, *, followed: bool, reason: str, area_m2: float | None) -> None:
        self._decisions.outcomes[one.entry.number] = Outcome(followed, reason, area_m2)

    def _note(self, one: Standing) -> str:
        entry = one.entry
        template = "allowed by {who} on {day}: {why}"
        if expired(entry, self._today):
            template = "was allowed until {until} by {who} on {day}: {why}"
        elif entry.value:
            template = "allowed until {until} by {who} on {day}: {why}"
        day = entry.at.partition("T")[0]
        return say(template, "en", who=entry.who, day=day, until=entry.value, why=entry.why or "-")


def _about(table: str, frame: gpd.GeoDataFrame, place: int) -> str:
    """Return what a decision about a finding has to be about."""
    row = frame.iloc[place]
    known = {name: row[name] for name in _ABOUT if name in frame.columns}
    return as_one(about_of(table, {name: value for name, value in known.items() if _is_there(value)}))


def _is_there(value: Any) -> bool:
    return isinstance(value, tuple) or not pd.isna(value)


def _area(frame: gpd.GeoDataFrame, row: int) -> float | None:
    value = frame["area_m2"].iloc[row] if "area_m2" in frame.columns else None
    return None if value is None or pd.isna(value) else float(value)
