"""What became of what: the table of splits, merges, moves and new codes, the same for edits and for versions."""

import datetime as dt
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

import pandas as pd

LINEAGE: Final = ("what", "from", "to", "area_m2", "share_from", "share_to", "when", "who", "why")
"""Columns of every lineage table."""

SPLIT, MERGE, RECODED, MOVED, CANDIDATE = "split", "merge", "recoded", "moved", "candidate"


@dataclass(frozen=True)
class Link:
    """One line of descent.

    Attributes
    ----------
    what
        ``split``, ``merge``, ``recoded`` (the same land under another code), ``moved`` (land passed), or ``candidate``
        (by names alone one of several codes may be the successor: a person decides).
    before, after
        The code that had the land, and the one that has it.
    area_m2
        Land concerned; not a number where it is not known.
    share_from, share_to
        Its share of the whole of ``before`` and of the whole of ``after``.
    """

    what: str
    before: str
    after: str
    area_m2: float = float("nan")
    share_from: float = float("nan")
    share_to: float = float("nan")
    why: str = ""


def lineage_table(links: Iterable[Link], *, when: dt.date | None = None, who: str = "", why: str = "") -> pd.DataFrame:
    """Return links as a table with the columns `LINEAGE`; a link's own reason comes before the common one.

    Examples
    --------
    >>> table = lineage_table([Link("split", "a", "b")], when=dt.date(2026, 7, 1), who="command centre")
    >>> table[["what", "from", "to", "who"]].to_numpy().tolist()
    [['split', 'a', 'b', 'command centre']]
    """
    rows = [
        (
            k.what,
            k.before,
            k.after,
            k.area_m2,
            k.share_from,
            k.share_to,
            when,
            who,
            "; ".join(t for t in (k.why, why) if t),
        )
        for k in links
    ]
    table = pd.DataFrame(rows, columns=list(LINEAGE))
    return table.astype({"area_m2": float, "share_from": float, "share_to": float, "when": object})


@dataclass(frozen=True)
class Overlap:
    """Land that passed from a cell of the old version to one of the new."""

    before: str
    after: str
    area_m2: float
    share_from: float
    share_to: float


def read_lineage(overlaps: Sequence[Overlap], *, goes_on: AbstractSet[str], least_share: float) -> list[Link]:
    """Return what became of what, by overlap of area.

    Parameters
    ----------
    overlaps
        Land that passed between cells of different codes.
    goes_on
        Codes of both versions that kept land of theirs: who bears such a code is the same cell as before.
    least_share
        An overlap counts as descent where it is at least this share of one of the two cells.

    Returns
    -------
    list of Link
        In order of ``before`` and ``after``:

        - ``recoded``: a vanished code and a new one, each the other's only kin;
        - ``merge``: a vanished code went into one cell that has other kin as well;
        - ``split``: a vanished code went into several cells, or a new code took its land mostly from one that
          goes on;
        - ``moved``: land passed between two codes that both go on, or from one that goes on to a new code of
          several parents.
    """
    kin = [o for o in overlaps if max(o.share_from, o.share_to) >= least_share]
    heirs: dict[str, set[str]] = {}
    parents: dict[str, set[str]] = {}
    for overlap in kin:
        heirs.setdefault(overlap.before, set()).add(overlap.after)
        parents.setdefault(overlap.after, set()).add(overlap.before)
    for code in goes_on:  # who goes on is an heir and a parent of itself
        heirs.setdefault(code, set()).add(code)
        parents.setdefault(code, set()).add(code)
    links = []
    for o in sorted(kin, key=lambda o: (o.before, o.after)):
        if o.before in goes_on:
            what = SPLIT if o.after not in goes_on and o.share_to > _MOSTLY else MOVED
        elif len(heirs[o.before]) > 1:
            what = SPLIT
        else:
            what = RECODED if o.after not in goes_on and len(parents[o.after]) == 1 else MERGE
        links.append(Link(what, o.before, o.after, o.area_m2, o.share_from, o.share_to))
    return links


_MOSTLY: Final = 0.5
