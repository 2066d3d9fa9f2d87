"""The verb conflicts: where several claim the same responsibility, and cells without the duties of their peers."""

from typing import Annotated

import typer

from onemap.translation import translate

from .frames import write_frames
from .options import AsOf, Fail, OneMapPath, Out, Speech, helped, verb
from .terminal import Exit

_MOST_SAID = 5
_SAID = {
    "tie": "duties of equal right: {count}",
    "two_holders": "posts held by several: {count}",
    "claimed_twice": "duty grids over one another: {count}",
    "outside": "duty grids that reach out of the district: {count}",
    "cut": "cells cut by duty grids: {count}",
    "unlike": "cells with other duties than their peers: {count}",
}


@verb
def conflicts(
    *,
    one_map: OneMapPath,
    start: Annotated[
        str | None, typer.Option(help=helped("First moment of the hours looked through (else the map's day)."))
    ] = None,
    end: Annotated[
        str | None, typer.Option(help=helped("End of the hours looked through (else seven days later)."))
    ] = None,
    as_of: AsOf = None,
    tolerance_m: Annotated[
        float | None, typer.Option(help=helped("Land narrower than this is left out (else as the map was built)."))
    ] = None,
    out: Out = None,
    fail: Fail = False,
    terminal: Speech,
) -> None:
    """Find conflicts of responsibility."""
    from onemap.responsibility.map_gaps import matrix_of
    from onemap.store.one_map import open_map

    with terminal.progress() as told:
        told(0.1, "finding the conflicts")
        opened = open_map(one_map)
        found = matrix_of(opened, without_duties=True).conflicts(start=start or as_of, end=end, tolerance_m=tolerance_m)
    written = write_frames({"conflict": found}, out, terminal.language)
    by_kind = {kind: int(count) for kind in _SAID if (count := (found["kind"] == kind).sum())}
    sentences = [terminal.say("{conflicts} conflicts found", conflicts=len(found))]
    sentences += [terminal.say(_SAID[kind], count=count) for kind, count in by_kind.items()]
    sentences += [translate(reason, terminal.language) for reason in found["reason"].head(0 if written else _MOST_SAID)]
    if not opened.has("duty"):
        sentences.append(
            terminal.say("the map has no duties (layer duty): only the borders of its duty grids were compared")
        )
    counts = {"conflicts": len(found), **by_kind}
    terminal.answer({"counts": counts}, sentences, out=written)
    if fail and len(found):
        raise typer.Exit(Exit.FINDINGS)
