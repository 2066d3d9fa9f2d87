"""The command ``onemap``: the library's verbs for a terminal, and for programs by ``--json``.

Exit codes: 0 done, 1 findings that the caller asked to fail on, 2 bad input (one clear line), 3 an internal error,
130 stopped by the user. Progress is told on stderr, the answer on stdout.
"""

import gc
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import Annotated

import typer

from onemap import __version__
from onemap.errors import Cancelled, OnemapError
from onemap.translation import translate

from . import (
    atlas_verbs,
    audit_verbs,
    balance_verbs,
    code_verbs,
    companion,
    conflict_verbs,
    convert_verbs,
    derive_verbs,
    edit_verbs,
    frame_verbs,
    map_verbs,
    repair_verbs,
    roster_verbs,
    version_verbs,
    who_verbs,
)
from .help import ToldCommand, ToldGroup
from .options import LANGUAGE, Lang, Speech, helped
from .terminal import Exit

app = typer.Typer(
    name="onemap",
    cls=ToldGroup,
    help=helped("The one map of a district: build it, assign the cases, prove the coverage."),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_VERBS: dict[Callable[..., None], str] = {
    map_verbs.sample: "Write the sample city: raw files, a manifest, and the list of its planted defects.",
    map_verbs.run: "The whole line: build the map, check the grids, assign the cases, find the gaps, report.",
    map_verbs.build: "Build the one map's layers from the raw files that a manifest names.",
    frame_verbs.check: "Prove that cells cover without gap and overlap, or list every defect.",
    repair_verbs.repair: "Close narrow gaps and overlaps between cells, tell what moved, or undo it.",
    derive_verbs.derive: "Divide communities into cells along barriers, around buildings, with compounds kept whole.",
    derive_verbs.number: "Give cells their codes; what is kept, new and withdrawn is shown before it is written.",
    balance_verbs.balance: "Join cells into responsibility grids of equal load, and compare with the division before.",
    frame_verbs.assign: "Give each case exactly one cell, or list it with the reason.",
    frame_verbs.own: "Find the cell that owns each building, lot or road: the one with the largest share.",
    roster_verbs.roster: "Read a roster of holders as an office keeps it, and list every row that is none.",
    edit_verbs.edit: "Edit a division step by step: cells moved, split and merged, with totals and lineage.",
    audit_verbs.audit: "Audit a division by the nine principles: what is kept, what is broken, what cannot be told.",
    version_verbs.versions: "Compare two versions: cells added, removed, redrawn, renamed, and what moved with them.",
    version_verbs.reassign: "Give cases the cells of a new version, and say which of them moved and why.",
    who_verbs.who: "Say who answers for a spot, a matter, at a moment, by which rule, and where nobody does.",
    map_verbs.gaps: "Find land, objects and hours of a published map that nobody answers for.",
    conflict_verbs.conflicts: "Find where several answer for the same with equal right, and cells unlike their peers.",
    map_verbs.report: "Write the report of a published map: one HTML file that needs no network.",
    atlas_verbs.atlas: "Print the published map as PDF and PNG: district, streets, agencies, a poster for each grid.",
    companion.worker: "Answer requests on stdin as JSON lines on stdout: for programs, such as the QGIS plugin.",
    convert_verbs.convert: "Convert coordinates between WGS84, GCJ02, BD09 and any EPSG code.",
    code_verbs.layers: "List the layers of the one map that the catalogue defines.",
}
for _verb, _help in _VERBS.items():
    negative = {"ignore_unknown_options": _verb is convert_verbs.convert}  # -73.9 is a longitude, no option
    app.command(help=helped(_help), context_settings=negative, cls=ToldCommand)(_verb)
app.add_typer(
    code_verbs.codes,
    name="codes",
    help=helped("Explain, check, convert and compare the codes of divisions, grids, components and matters."),
)


_SWEEPS = 20_000, 50, 50
"""Tables are millions of objects without cycles: looking for cycles as often as Python does takes a tenth of a run."""


def _version(value: bool) -> None:
    if value:
        sys.stdout.write(f"onemap {__version__}\n")
        raise typer.Exit


@app.callback()
def _global(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help=helped("Print the version and leave."))
    ] = False,
    lang: Lang = LANGUAGE,
) -> None:
    Speech(language=lang)  # refuses what is no language; the verbs take theirs from it, see options.LANGUAGE
    del version


def main() -> None:
    """Run the command; every expected error is one line and a documented exit code."""
    gc.set_threshold(*_SWEEPS)
    # rasterio is silent about a grid that it paints on, which lies nowhere; threads that end listening to warnings at
    # the same time undo that silence now and then
    warnings.filterwarnings("ignore", "Dataset has no geotransform")
    if {"--json", "json", "worker"} & set(sys.argv):
        # a program started us: it stops us by this signal, also where its own shell had it ignored
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code = app(standalone_mode=False)
        if code == Exit.INTERRUPTED:  # typer turns Ctrl-C into this code
            raise KeyboardInterrupt  # noqa: TRY301
        sys.exit(code if isinstance(code, int) else Exit.DONE)
    except Cancelled as error:
        _fail(error.text(LANGUAGE), Exit.INTERRUPTED)
    except OnemapError as error:
        _fail(error.text(LANGUAGE), Exit.BAD_INPUT)
    except (KeyboardInterrupt, typer.Abort):
        _fail(helped("stopped; what was there before is untouched"), Exit.INTERRUPTED)
    except BrokenPipeError:
        sys.exit(Exit.DONE)
    except Exception as error:  # noqa: BLE001 - the edge of the program: nothing catches it after us
        if hasattr(error, "format_message"):  # a wrong option or argument: typer's own sentence
            _fail(translate(error.format_message(), LANGUAGE), Exit.BAD_INPUT)
        traceback.print_exc()
        _fail(helped("internal error; please report it with the lines above"), Exit.INTERNAL)


def _fail(sentence: str, code: Exit) -> None:
    sys.stderr.write(f"onemap: {sentence}\n")
    sys.exit(code)
