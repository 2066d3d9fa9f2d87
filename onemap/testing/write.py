"""The sample city as raw files, a manifest and the list of what is wrong in them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from .duties import MANAGEMENT
from .messy import write_raster, write_raw
from .offices import FILES, RASTERS, manifest_text
from .plan import Plan, Size
from .sample import City, make_city
from .terrain import make_imagery, make_terrain


def write_city(folder: str | Path, *, seed: int = 7, size: Size = "full") -> Path:
    """Write the sample city: ``onemap.toml``, raw files in ``raw/`` and ``planted.json``.

    Parameters
    ----------
    folder
        Where to write; made if it does not exist, and emptied of an earlier sample.
    seed
        Any integer; the same seed, size and versions of the libraries give the same bytes.
    size
        ``"full"`` or ``"small"``, see `make_city`.

    Returns
    -------
    Path
        The manifest.

    Raises
    ------
    ValueError
        For another size.
    """
    city = make_city(seed=seed, size=size)
    folder = Path(folder)
    raw = folder / "raw"
    frames = dict(city.frames)
    rng = np.random.default_rng([seed, 1])
    for file in FILES:
        if file.path.endswith(".gpkg"):
            (raw / file.path).unlink(missing_ok=True)
    for file in FILES:
        write_raw(file, _part(frames[file.layer], file.part, city.plan), raw)
    rasters = {
        "terrain_dem": make_terrain(city.plan, city.skeleton, rng),
        "imagery_ortho": make_imagery(city.plan, city.skeleton, city.waters, city.uses, city.frames, rng),
    }
    for layer, path, _ in RASTERS:
        write_raster(raw / path, rasters[layer])
    (folder / "planted.json").write_text(json.dumps({"planted": []}, ensure_ascii=False), encoding="utf-8")
    manifest = folder / "onemap.toml"
    manifest.write_text(manifest_text(), encoding="utf-8")
    return manifest


def _part(frame: pd.DataFrame, part: str, plan: Plan) -> pd.DataFrame:
    """Return the rows of a layer that stand in one of its files."""
    if part in ("management", "police"):
        return frame[(frame["agency"] == MANAGEMENT) == (part == "management")].drop(columns="agency")
    if part == "main":
        return frame.iloc[: plan.cases]
    if part == "hotline":
        return frame.iloc[plan.cases :: 2]
    if part == "patrol":
        return frame.iloc[plan.cases + 1 :: 2]
    return frame


__all__ = ["City", "write_city"]
