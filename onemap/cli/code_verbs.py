"""Verbs on single values: codes, coordinates, and the list of layers."""

from pathlib import Path
from typing import Annotated, Any

import typer

from onemap.errors import OnemapError

from .frames import code_column, code_list, write_frames
from .help import ToldCommand, ToldGroup
from .options import LANGUAGE, Fail, Lang, Out, Speech, helped, verb
from .terminal import Exit, Terminal

codes = typer.Typer(no_args_is_help=True, cls=ToldGroup)
Profile = Annotated[str, typer.Argument(help=helped("Code profile, such as CJT213-2005; see: onemap codes profiles."))]

Target = Annotated[str, typer.Argument(help=helped("Code profile to convert to."))]
One = Annotated[str, typer.Argument(help=helped("The code."))]


@codes.callback()
def _speak(*, lang: Lang = LANGUAGE) -> None:
    Speech(language=lang)  # refuses what is no language; the verbs take theirs from it, see options.LANGUAGE


@codes.command("profiles", cls=ToldCommand, help=helped("List the code profiles."))
@verb
def list_profiles(*, terminal: Speech) -> None:
    """List the code profiles."""
    from onemap.domain.codes import profile, profiles

    titles = {name: profile(name).title(terminal.language) for name in profiles()}
    terminal.answer({"profiles": titles}, [f"{name:<26} {title}" for name, title in titles.items()])


@codes.command(cls=ToldCommand, help=helped("Explain every digit group of a code."))
@verb
def explain(*, profile: Profile, code: One, terminal: Speech) -> None:
    """Explain a code."""
    from onemap.domain.codes import profile as profile_of

    explained = profile_of(profile).explain(code, language=terminal.language)
    parts = [{"part": row.name, "digits": row.digits, "meaning": row.meaning} for row in explained]
    terminal.answer({"code": code, "profile": profile, "parts": parts}, str(explained).splitlines())


@codes.command("check", cls=ToldCommand, help=helped("Check codes; each problem names the digit group that is wrong."))
@verb
def check_codes(
    *,
    profile: Profile,
    code: Annotated[list[str], typer.Argument(help=helped("The codes, or one file with a column of codes."))],
    column: Annotated[str | None, typer.Option("--column", help=helped("Column of the codes in the file."))] = None,
    out: Out = None,
    fail: Fail = False,
    terminal: Speech,
) -> None:
    """Check codes, given one by one or as a column of a file."""
    from onemap.domain.codes import profile as profile_of

    rules = profile_of(profile)
    if column is not None or Path(code[0]).suffix.lower() in _TABLES:
        if out is not None and len(code) > 1:
            raise OnemapError("--out takes the codes of one file")
        found = [answer for name in code for answer in _check_column(terminal, rules, Path(name), column, out)]
        if fail and any(found):
            raise typer.Exit(Exit.FINDINGS)
        return
    problems = {one: [problem.text(terminal.language) for problem in rules.validate(one)] for one in code}
    good = helped("good", language=terminal.language)
    sentences = [terminal.label(one, "; ".join(found) or good) for one, found in problems.items()]
    terminal.answer({"problems": problems}, sentences)
    if fail and any(problems.values()):
        raise typer.Exit(Exit.FINDINGS)


_TABLES = (".csv", ".tsv", ".txt", ".gz", ".xlsx", ".xls", ".parquet", ".gpkg", ".dbf", ".shp", ".geojson")
_FIRST = 5


def _check_column(terminal: Terminal, rules: Any, path: Path, column: str | None, out: Path | None) -> list[Any]:
    """Check the codes of a file, and say how many are wrong and which come first."""
    import pandas as pd

    codes_ = code_column(path, column=column)
    wrong: list[dict[str, Any]] = [
        {"row": row, "code": one, "problems": [problem.text(terminal.language) for problem in found]}
        for row, one in enumerate(codes_, start=1)
        if (found := rules.validate(one))
    ]
    counts = {"codes": len(codes_), "good": len(codes_) - len(wrong), "wrong": len(wrong)}
    sentences = [terminal.say("{path}: {codes} codes, {good} good, {wrong} wrong", path=path, **counts)]
    for row in wrong[:_FIRST]:
        said = "; ".join(row["problems"])
        sentences.append(
            terminal.say("  row {row}, {code}: {problems}", row=row["row"], code=row["code"], problems=said)
        )
    if len(wrong) > _FIRST:
        sentences.append(terminal.say("  ... and {count} more", count=len(wrong) - _FIRST))
    rows = [{**row, "problems": "; ".join(row["problems"])} for row in wrong]
    written = write_frames({"code": pd.DataFrame(rows, columns=["row", "code", "problems"])}, out, terminal.language)
    terminal.answer({"file": path, "counts": counts, "problems": wrong}, sentences, out=written)
    return wrong


@codes.command("convert", cls=ToldCommand, help=helped("Convert a code to another profile, where nothing is lost."))
@verb
def convert_code(*, profile: Profile, target: Target, code: One, terminal: Speech) -> None:
    """Convert a code."""
    from onemap.domain.codes import profile as profile_of

    made = profile_of(profile).convert(code, target)
    terminal.answer({"code": made, "profile": target}, [made])


@codes.command(
    "compare",
    cls=ToldCommand,
    help=helped("Compare two lists of division codes: kept, renamed, gone, new, and successors."),
)
@verb
def compare_codes(
    *,
    old: Annotated[Path, typer.Argument(help=helped("The older list: a table with codes and names."))],
    new: Annotated[list[Path], typer.Argument(help=helped("The newer list; it may be several files, one a level."))],
    code: Annotated[str | None, typer.Option("--code", help=helped("Column of the codes."))] = None,
    name: Annotated[str | None, typer.Option("--name", help=helped("Column of the names."))] = None,
    out: Out = None,
    terminal: Speech,
) -> None:
    """Compare two lists of codes."""
    import pandas as pd

    from onemap.domain.codes import compare_code_lists

    before = code_list(old, code=code, name=name)
    after = [pair for path in new for pair in code_list(path, code=code, name=name)]
    compared = compare_code_lists(before, after)
    rows = [_compared(row, heir) for row in compared.rows for heir in (row.successors or (None,))]
    written = write_frames({"code": pd.DataFrame(rows, columns=list(_COMPARED))}, out, terminal.language)
    counts = {level: dict(found) for level, found in compared.counts.items()}
    sentences = [
        terminal.say(
            "{level}: {kept} kept, {renamed} renamed, {gone} gone, {new} new",
            level=terminal.say(level),
            **found,
        )
        for level, found in counts.items()
    ]
    facts = {"counts": counts, "left_out": dict(compared.left_out)}
    terminal.answer(facts, sentences, out=written)


_COMPARED = ("level", "code", "status", "old_name", "new_name", "successor", "successor_name", "reason")


def _compared(row: Any, heir: Any) -> tuple[str, ...]:
    """Return what became of a code, and one code that may have taken its place."""
    found = ("", "", "") if heir is None else (heir.code, heir.name, heir.reason)
    return (row.level, row.code, row.status, row.old_name, row.new_name, *found)


@verb
def layers(*, out: Out = None, terminal: Speech) -> None:
    """List the layers of the catalogue."""
    import pandas as pd

    from onemap.domain.catalogue import class_title, load_catalogue

    specs = list(load_catalogue().values())
    tongue = terminal.language
    rows = [
        {"layer": spec.id, "class": class_title(spec.class_id, tongue), "title": spec.title(tongue)} for spec in specs
    ]
    written = None if out is None else write_frames({"layer": pd.DataFrame(rows)}, out, tongue)
    said = [f"{row['layer']:<20} {row['class']}  {row['title']}" for row in rows]
    terminal.answer({"layers": rows}, said, out=written)
