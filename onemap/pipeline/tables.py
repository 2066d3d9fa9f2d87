"""The tables of a run as CSV, for offices that work in a spreadsheet."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from onemap.store.columns import in_chinese
from onemap.store.lock import make_folder
from onemap.store.tables import TABLE_FILES, write_tables

_SENTENCES = ("reason", "who_could_close")
_OF_REPAIRS = ("why", "how")
"""Columns of sentences; ``how`` is one of a repair only, where it stands beside ``why``."""


def write_all(frames: Mapping[str, pd.DataFrame], folder: Path) -> dict[str, Path]:
    """Write the tables of a run as ``NAME.csv`` (UTF-8 with a mark that Excel knows) and return them by name."""
    make_folder(folder)
    for left in folder.glob(".*.csv"):
        left.unlink(missing_ok=True)  # half written by a run that was killed
    present = {name: _bilingual(frames[layer_id]) for layer_id, name in TABLE_FILES.items() if layer_id in frames}
    return {name: write_tables({name: frame}, folder / f"{name}.csv") for name, frame in present.items()}


def _bilingual(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose sentences stand beside their Chinese."""
    wanted = (*_SENTENCES, *_OF_REPAIRS) if "why" in frame.columns else _SENTENCES
    return frame.assign(**{f"{name}_zh": in_chinese(frame[name]) for name in wanted if name in frame.columns})
