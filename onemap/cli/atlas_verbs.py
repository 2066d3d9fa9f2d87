"""The verb that prints: maps of the district, its streets and agencies, posters of its grids."""

from pathlib import Path
from typing import Annotated

import typer

from .options import WRITTEN, AsOf, OneMapPath, Speech, helped, report_language, verb


@verb
def atlas(
    *,
    one_map: OneMapPath,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help=helped("Folder to write to (else atlas beside the map).")),
        WRITTEN,
    ] = None,
    sheets: Annotated[
        str, typer.Option(help=helped("Sheets, with commas: district, streets, agencies, posters."))
    ] = "district,streets,agencies,posters",
    size: Annotated[str, typer.Option(help=helped("A3 (landscape), A4 (portrait) or both, with a comma."))] = "A3",
    formats: Annotated[str, typer.Option(help=helped("pdf, png or both, with a comma."))] = "pdf,png",
    only: Annotated[
        list[str] | None,
        typer.Option(help=helped("Only sheets of this code or name; posters whose code begins so. May be repeated.")),
    ] = None,
    dpi: Annotated[float, typer.Option(help=helped("Dots in an inch of the pictures."))] = 150.0,
    watermark: Annotated[str, typer.Option(help=helped("Name written faintly across every map."))] = "",
    classification: Annotated[str, typer.Option(help=helped("Mark of classification, such as 内部资料."))] = "",
    approval_number: Annotated[str, typer.Option(help=helped("Number of the map's approval (审图号)."))] = "",
    maker: Annotated[str, typer.Option(help=helped("Who made the maps (else the owner of the cells)."))] = "",
    duty: Annotated[
        list[str] | None, typer.Option(help=helped("A line of duties for every poster. May be repeated."))
    ] = None,
    photos: Annotated[Path | None, typer.Option(help=helped("Folder of the holders' photos, HOLDER_CODE.jpg."))] = None,
    qr: Annotated[
        str, typer.Option(help=helped("geo, text, or a text with {code} {name} {holder} {phone} {lat} {lon}."))
    ] = "geo",
    now: Annotated[str | None, typer.Option(help=helped("Time of print, such as 2026-06-30T09:00."))] = None,
    as_of: AsOf = None,
    sheet_lang: Annotated[
        str | None, typer.Option("--sheet-lang", help=helped("Language of the sheets (else --lang)."), metavar="en|zh")
    ] = None,
    terminal: Speech,
) -> None:
    """Print the atlas."""
    from onemap.report.atlas import make_atlas
    from onemap.store.one_map import open_map

    folder = out or one_map.with_name("atlas")
    with terminal.progress() as told:
        told(0.0, "opening the map")
        result = make_atlas(
            open_map(one_map),
            folder,
            sheets=_parts(sheets),
            size=_parts(size),
            formats=_parts(formats),
            language=report_language(sheet_lang, terminal.language),
            only=only or None,
            dpi=dpi,
            watermark=watermark,
            classification=classification,
            approval_number=approval_number,
            maker=maker,
            duties=duty or (),
            photos=photos,
            qr=qr,
            now=now,
            as_of=as_of,
            progress=told,
        )
    files = result.files["path"].nunique()
    count = sum(result.counts.values())
    sentence = terminal.say("{sheets} sheets in {files} files: {folder}", sheets=count, files=files, folder=folder)
    terminal.answer({"counts": result.counts, "files": result.files.to_dict("records"), "out": folder}, [sentence])


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
