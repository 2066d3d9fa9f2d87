"""Verbs on the whole map: sample, build, run, gaps, report."""

from pathlib import Path
from typing import Annotated

import typer

from onemap.errors import OnemapError
from onemap.translation import translate

from .frames import read_frame, write_frames
from .options import WRITTEN, Allowed, AsOf, Fail, Folder, OneMapPath, Out, Root, Speech, helped, report_language, verb
from .terminal import Exit

Manifest = Annotated[Path, typer.Argument(help=helped("The manifest: onemap.toml, or the folder that holds it."))]
_MOST_SAID = 5
_SAID = {
    "land": "gaps of land: {count}",
    "duty": "gaps of duty: {count}",
    "objects": "objects without a cell: {count}",
    "time": "gaps of time: {count}",
}


@verb
def sample(
    *,
    folder: Annotated[Path, typer.Argument(help=helped("Folder to write the city to.")), WRITTEN],
    seed: Annotated[int, typer.Option(help=helped("Another seed is another city."))] = 7,
    size: Annotated[str, typer.Option(help=helped("full or small"), metavar="full|small")] = "full",
    force: Annotated[
        bool, typer.Option("--force", help=helped("Write into a folder that holds something else."))
    ] = False,
    terminal: Speech,
) -> None:
    """Write the sample city."""
    from onemap.testing import write_city

    if size not in ("full", "small"):
        raise OnemapError("--size is {found}; it must be full or small", found=size)
    if not force and not _is_free(folder):
        raise OnemapError(
            "{path}: the folder holds something that is no sample city; name another one, or --force", path=folder
        )
    manifest = write_city(folder, seed=seed, size=size)  # type: ignore[arg-type]
    terminal.answer(
        {"manifest": manifest},
        [
            terminal.say("sample city written: {manifest}", manifest=manifest),
            terminal.say("next: onemap run {manifest}", manifest=manifest),
        ],
    )


def _is_free(folder: Path) -> bool:
    """Return whether there is nothing in a folder but an earlier sample."""
    try:
        return not folder.is_dir() or (folder / "planted.json").is_file() or not any(folder.iterdir())
    except OSError:
        return True  # the writing says what is wrong with it


@verb
def build(
    *,
    manifest: Manifest,
    out: Folder = None,
    root: Root = None,
    as_of: AsOf = None,
    terminal: Speech,
) -> None:
    """Build the base map."""
    from onemap.basemap import build_base_map
    from onemap.manifest import load_manifest

    plan = load_manifest(manifest, root=root)
    with terminal.progress() as told:
        made = build_base_map(plan, out or plan.out, as_of=as_of, progress=told)
    counts = {"layers": len(made.layers), "rejects": len(made.rejects)}
    terminal.answer(
        {"map": made.path, **counts},
        [
            terminal.say(
                "one map built: {path} ({layers} layers, {rejects} rows listed as rejects)", path=made.path, **counts
            )
        ],
    )


@verb
def run(
    *,
    manifest: Manifest,
    out: Folder = None,
    root: Root = None,
    as_of: AsOf = None,
    fail: Fail = False,
    terminal: Speech,
) -> None:
    """Run the whole line; the reports are written in both languages."""
    from onemap.pipeline import run as run_line

    with terminal.progress() as told:
        result = run_line(manifest, out=out, root=root, as_of=as_of, progress=told)
    where = [terminal.say("one map: {path}", path=result.path)]
    where += [
        terminal.say("report ({tongue}): {path}", tongue=tongue, path=path) for tongue, path in result.report.items()
    ]
    terminal.answer(
        {"map": result.path, "reports": result.report, "counts": result.counts},
        [*result.summary(terminal.language), *where],
    )
    if fail and result.counts.get("findings"):
        raise typer.Exit(Exit.FINDINGS)


@verb
def gaps(
    *,
    one_map: OneMapPath,
    kinds: Annotated[
        str | None,
        typer.Option(help=helped("land, duty, objects, time, with commas (else all that the map can tell).")),
    ] = None,
    allowed: Allowed = None,
    start: Annotated[
        str | None,
        typer.Option("--start", help=helped("First moment of the hours looked through (else the map's day).")),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--end", help=helped("End of the hours looked through (else seven days later)."))
    ] = None,
    as_of: AsOf = None,
    out: Out = None,
    fail: Fail = False,
    terminal: Speech,
) -> None:
    """Find gaps of land, duty, objects and time."""
    from onemap.gaps import OF_DUTIES, OF_LAND, find_gaps
    from onemap.store.one_map import open_map

    with terminal.progress() as told:
        told(0.1, "finding the gaps")
        opened = open_map(one_map)
        exempt = None if allowed is None else read_frame(allowed).to_crs(opened.district["crs"])
        wanted = None if kinds is None else tuple(part.strip() for part in kinds.split(",") if part.strip())
        missing = not opened.has("duty") and (wanted is None or bool({*wanted} & {*OF_LAND}))
        if wanted is not None and missing:  # what the map can tell is told; of duties alone it is an error
            wanted = tuple(kind for kind in wanted if kind not in OF_DUTIES)
        report = find_gaps(opened, kinds=wanted, allowed=exempt, window=(start, end), as_of=as_of)
    written = write_frames({"gap": report.table}, out, terminal.language)
    by_kind = {str(kind): int(count) for kind, count in report.table["kind"].value_counts().sort_index().items()}
    counts = {"gaps": len(report.table), **by_kind}
    sentences = [terminal.say("{gaps} gaps found", gaps=len(report.table))]
    sentences += [terminal.say(_SAID[kind], count=count) for kind, count in by_kind.items()]
    if missing:
        sentences.append(
            terminal.say("the map has no duties (layer duty): gaps of duty and of time were not looked for")
        )
    for gap in report.table[report.table["hours"].notna()].head(_MOST_SAID).itertuples():
        sentences.append(terminal.label(gap.gap_id, translate(gap.reason, terminal.language)))
    terminal.answer({"counts": counts}, sentences, out=written)
    if fail and len(report.table):
        raise typer.Exit(Exit.FINDINGS)


@verb
def report(
    *,
    one_map: OneMapPath,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help=helped("HTML file to write (else report.LANG.html beside the map).")),
        WRITTEN,
    ] = None,
    report_lang: Annotated[
        str | None, typer.Option("--report-lang", help=helped("Language of the report (else --lang)."), metavar="en|zh")
    ] = None,
    as_of: AsOf = None,
    terminal: Speech,
) -> None:
    """Write a report."""
    from onemap.report.html import write_report
    from onemap.store.one_map import open_map

    written_in = report_language(report_lang, terminal.language)
    with terminal.progress() as told:
        told(0.1, "writing the report")
        target = out or one_map.with_name(f"report.{written_in}.html")
        path = write_report(open_map(one_map), target, language=written_in, as_of=as_of)
    terminal.answer({"report": path}, [terminal.say("report written: {path}", path=path)])
