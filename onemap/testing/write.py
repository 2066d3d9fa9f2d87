"""The sample city as raw files, a manifest and the list of what is wrong in them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.errors import StoreError

from .messy import RawFile, write_gpkg, write_raster, write_raw
from .offices import ALLOWED, BARRIERS, FILES, RASTERS, ROSTERS, SWAPPED, manifest_text
from .plan import CRS, Plan, Size
from .planted import Planter, plant, write_planted
from .planted_duties import rows_of_heads
from .planted_rows import bite
from .sample import City, make_city
from .terrain import make_imagery, make_terrain


def write_city(folder: str | Path, *, seed: int = 7, size: Size = "full") -> Path:
    """Write the sample city: ``onemap.toml``, raw files in ``raw/`` and ``planted.json``.

    Parameters
    ----------
    folder
        Where to write; made if it does not exist, and emptied of an earlier sample.
    seed
        0 or more; the same seed, size and versions of the libraries give the same bytes.
    size
        ``"full"`` or ``"small"``, see `make_city`.

    Returns
    -------
    Path
        The manifest.

    Raises
    ------
    SchemaError
        For another size, or a negative seed.
    StoreError
        The folder cannot be written.
    """
    city = make_city(seed=seed, size=size)
    folder = Path(folder)
    raw = folder / "raw"
    planter = plant(city, np.random.default_rng([seed, 1]))
    terrain = bite(planter, make_terrain(city.plan, city.skeleton, np.random.default_rng([seed, 2])), city.plan.post_m)
    try:
        raw.mkdir(parents=True, exist_ok=True)
        for path in {raw / file.path for file in [*FILES, *BARRIERS.values()] if file.path.endswith(".gpkg")}:
            path.unlink(missing_ok=True)
        with ThreadPoolExecutor(1) as beside:  # the picture takes as long as all the rest
            picture = beside.submit(_write_picture, city, raw / RASTERS["imagery_ortho"][0])
            write_raster(raw / RASTERS["terrain_dem"][0], terrain)
            for file in FILES:
                write_raw(file, _part(planter.frames, file, city.plan), raw)
            _write_extras(planter, raw)
            picture.result()
        write_planted(folder / "planted.json", planter.list)
        manifest = folder / "onemap.toml"
        manifest.write_text(manifest_text(), encoding="utf-8")
    except OSError as error:
        raise StoreError("{path}: cannot be written ({found})", path=folder, found=error.strerror or error) from error
    return manifest


def _write_picture(city: City, path: Path) -> None:
    rng = np.random.default_rng([city.plan.seed, 3])
    write_raster(path, make_imagery(city.plan, city.skeleton, city.waters, uses=city.uses, layers=city.frames, rng=rng))


def _write_extras(planter: Planter, raw: Path) -> None:
    """Write the allowed gaps, the rosters, and files that no manifest names: barriers, and swapped coordinates."""
    if planter.allowed:
        allowed = gpd.GeoDataFrame(planter.allowed, geometry="geometry", crs=CRS)
        write_gpkg(raw / ALLOWED, allowed, "准许空隙")
    for sublayer, lines in planter.city.barriers.items():
        if sublayer in BARRIERS:
            write_raw(BARRIERS[sublayer], lines, raw)
    for name, sheet in planter.rosters.items():
        sheet.write(raw / ROSTERS[name].path, name)
    write_raw(SWAPPED, planter.city.frames["case"].iloc[::97], raw)


def _part(frames: dict[str, pd.DataFrame], file: RawFile, plan: Plan) -> pd.DataFrame:
    """Return the rows of a layer that stand in one of its files."""
    frame, part = frames[file.layer], file.part
    if file.layer == "duty_grid":
        return frame[frame["agency"] == part].drop(columns="agency")
    if part == "heads":
        return rows_of_heads(frame)
    if part == "main":
        return pd.concat([frame.iloc[: plan.cases], frames["case_again"]], ignore_index=True)
    if part == "hotline":
        return frame.iloc[plan.cases :: 2]
    if part == "patrol":
        return frame.iloc[plan.cases + 1 :: 2]
    return frame
