"""The verb who: who answers for a spot, a matter, at a moment."""

from pathlib import Path
from typing import Annotated, Any

import typer

from onemap.errors import OnemapError
from onemap.translation import translate

from .options import Fail, OneMapPath, Out, Speech, helped, verb
from .terminal import Exit, Terminal

_MOST_SAID = 5


@verb
def who(
    *,
    one_map: OneMapPath,
    x: Annotated[float | None, typer.Option(help=helped("Easting or longitude of the spot."))] = None,
    y: Annotated[float | None, typer.Option(help=helped("Northing or latitude of the spot."))] = None,
    cell: Annotated[str | None, typer.Option(help=helped("Code of a grid of any level, instead of a spot."))] = None,
    object_: Annotated[
        str | None, typer.Option("--object", help=helped("Code of an object, instead of a spot."))
    ] = None,
    points: Annotated[
        Path | None, typer.Option(help=helped("File of points, instead of one spot; write the answers with --out."))
    ] = None,
    matter: Annotated[
        str | None, typer.Option(help=helped("Class of the matter, such as 0501 or CJT214/matter/0501."))
    ] = None,
    at: Annotated[str | None, typer.Option(help=helped("Local time, such as 2026-06-30 14:05 (else now)."))] = None,
    crs: Annotated[
        str | None, typer.Option(help=helped("System of x and y, also GCJ02 or BD09 (else the map's)."))
    ] = None,
    fact: Annotated[
        list[str] | None, typer.Option(help=helped("A fact that holds there, for duties with conditions; repeatable."))
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(help=helped("The district's time zone; times that name none are in it (else the map's).")),
    ] = None,
    road_near_m: Annotated[
        float,
        typer.Option(help=helped("Where no road's width reaches, the nearest road within this distance, metres.")),
    ] = 0.0,
    precedence: Annotated[Path | None, typer.Option(help=helped("Another table of precedence: a TOML file."))] = None,
    out: Out = None,
    fail: Fail = False,
    terminal: Speech,
) -> None:
    """Say who answers."""
    from onemap.responsibility import MatrixOptions, ResponsibilityMatrix
    from onemap.store.one_map import open_map

    opened = open_map(one_map)
    options = MatrixOptions(
        precedence=precedence, language=terminal.language, timezone=timezone or "", road_near_m=road_near_m
    )
    matrix = ResponsibilityMatrix.from_map(opened, options=options)
    if points is not None:
        if (x, y, cell, object_) != (None, None, None, None):
            raise OnemapError("name either --points or one spot")
        _many(terminal, matrix, points, out, fail=fail, matter=matter, at=at, crs=crs, facts=fact or ())
        return
    answer = matrix.who(x=x, y=y, cell=cell, object=object_, matter=matter, at=at, crs=crs, facts=fact or ())
    problems = len(matrix.problems)
    said = [answer.say(terminal.language)]
    if problems:
        said.append(
            terminal.say("{count} rows of duties, holders or grids cannot be meant as they stand", count=problems)
        )
        shown = matrix.problems.head(_MOST_SAID)
        said += [
            terminal.label(f"{p.layer} {p.row} {p.code}", translate(p.reason, terminal.language))
            for p in shown.itertuples()
        ]
    terminal.answer({**answer.to_dict(), "problems": problems}, said)
    if fail and answer.state != "held":
        raise typer.Exit(Exit.FINDINGS)


def _many(terminal: Terminal, matrix: Any, points: Path, out: Path | None, *, fail: bool, **asked: Any) -> None:
    """Answer for a file of points; a case's own matter and time count where the caller names none."""
    from onemap.store.tables import with_answer

    from .frames import read_frame, write_frames

    frame = read_frame(points, crs=asked.pop("crs"))
    for name, column in (("matter", "matter_code"), ("at", "reported_at")):
        if asked[name] is None and column in frame.columns and frame[column].notna().all():
            asked[name] = frame[column]
    with terminal.progress() as told:
        told(0.1, "finding who answers")
        answers = matrix.who_batch(frame, asked["matter"], asked["at"], facts=asked["facts"])
        written = write_frames({"who": with_answer(frame, answers)}, out, terminal.language)
    counts = {"rows": len(answers), **{str(k): int(n) for k, n in answers["state"].value_counts().sort_index().items()}}
    listed = ", ".join(f"{state} {count}" for state, count in counts.items() if state != "rows")
    sentence = terminal.say("{rows} points: {states}", rows=counts["rows"], states=listed)
    terminal.answer({"counts": counts}, [sentence], out=written)
    if fail and counts.get("held", 0) != len(answers):
        raise typer.Exit(Exit.FINDINGS)
