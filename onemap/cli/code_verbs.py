"""Verbs on single values: codes, coordinates, and the list of layers."""

from typing import Annotated

import typer

from .options import LANGUAGE, Fail, Json, Kind, Lang, helped, terminal_for
from .terminal import Exit, ProgressKind

codes = typer.Typer(no_args_is_help=True)
Profile = Annotated[str, typer.Argument(help=helped("Code profile, such as CJT213-2005; see: onemap codes profiles."))]


@codes.command("profiles", help=helped("List the code profiles."))
def list_profiles(json_: Json = False, lang: Lang = LANGUAGE) -> None:
    """List the code profiles."""
    from onemap.domain.codes import profile, profiles

    terminal = terminal_for(json_, ProgressKind.none, lang)
    titles = {name: profile(name).title(lang) for name in profiles()}
    terminal.answer({"profiles": titles}, [f"{name:<16} {title}" for name, title in titles.items()])


@codes.command(help=helped("Explain every digit group of a code."))
def explain(profile: Profile, code: str, json_: Json = False, lang: Lang = LANGUAGE) -> None:
    """Explain a code."""
    from onemap.domain.codes import profile as profile_of

    terminal = terminal_for(json_, ProgressKind.none, lang)
    explained = profile_of(profile).explain(code, language=lang)
    parts = [{"part": row.name, "digits": row.digits, "meaning": row.meaning} for row in explained]
    terminal.answer({"code": code, "profile": profile, "parts": parts}, str(explained).splitlines())


@codes.command("check", help=helped("Check codes; each problem names the digit group that is wrong."))
def check_codes(
    profile: Profile, code: list[str], fail: Fail = False, json_: Json = False, lang: Lang = LANGUAGE
) -> None:
    """Check codes."""
    from onemap.domain.codes import profile as profile_of

    terminal = terminal_for(json_, ProgressKind.none, lang)
    rules = profile_of(profile)
    problems = {one: [problem.text(lang) for problem in rules.validate(one)] for one in code}
    good = helped("good", language=lang)
    sentences = [f"{one}: {'; '.join(found) or good}" for one, found in problems.items()]
    terminal.answer({"problems": problems}, sentences)
    if fail and any(problems.values()):
        raise typer.Exit(Exit.FINDINGS)


@codes.command("convert", help=helped("Convert a code to another profile, where nothing is lost."))
def convert_code(profile: Profile, target: str, code: str, json_: Json = False, lang: Lang = LANGUAGE) -> None:
    """Convert a code."""
    from onemap.domain.codes import profile as profile_of

    terminal = terminal_for(json_, ProgressKind.none, lang)
    made = profile_of(profile).convert(code, target)
    terminal.answer({"code": made, "profile": target}, [made])


def convert(
    x: Annotated[float, typer.Argument(help=helped("Longitude or easting."))],
    y: Annotated[float, typer.Argument(help=helped("Latitude or northing."))],
    source: Annotated[str, typer.Option("--from", help=helped("WGS84, GCJ02, BD09 or any EPSG code."))],
    target: Annotated[str, typer.Option("--to", help=helped("WGS84, GCJ02, BD09 or any EPSG code."))],
    json_: Json = False,
    progress: Kind = ProgressKind.auto,
    lang: Lang = LANGUAGE,
) -> None:
    """Convert one pair of coordinates."""
    from onemap.geo.gcj import convert_coordinates

    terminal = terminal_for(json_, progress, lang)
    to_x, to_y = convert_coordinates([x], [y], source=source, target=target)
    east, north = float(to_x[0]), float(to_y[0])
    terminal.answer({"x": east, "y": north, "crs": target}, [f"{east:.9f} {north:.9f}"])


def layers(json_: Json = False, lang: Lang = LANGUAGE) -> None:
    """List the layers of the catalogue."""
    from onemap.domain.catalogue import class_title, load_catalogue

    terminal = terminal_for(json_, ProgressKind.none, lang)
    specs = list(load_catalogue().values())
    rows = [{"layer": spec.id, "class": class_title(spec.class_id, lang), "title": spec.title(lang)} for spec in specs]
    terminal.answer({"layers": rows}, [f"{row['layer']:<20} {row['class']}  {row['title']}" for row in rows])
