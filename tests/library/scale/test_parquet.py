"""Out of core is as in memory: same rows, same answers, whatever the batches; whole files only, and none twice."""

import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely

import onemap
from onemap.errors import Cancelled, CrsError, SchemaError, SourceError, StoreError

from .conftest import CRS, content, in_memory, read_all

ALL = ("cell", "how", "distance_m", "candidates")
PLACE = {"x": "x", "y": "y", "crs": CRS}


@pytest.mark.parametrize("batch_rows", [1, 700, 1_000_000])
def test_the_files_hold_what_assign_cases_answers(folder, cells, cases, tmp_path, batch_rows):
    if batch_rows == 1:
        cases = cases.iloc[:3]
        source = folder / "part-0.parquet"
    else:
        source = folder
    done = onemap.assign_parquet(source, cells, tmp_path / "out", batch_rows=batch_rows, **PLACE)
    want = in_memory(cases, cells, ("cell", "how"))
    got = read_all(tmp_path / "out") if source == folder else pd.read_parquet(done.path)
    assert content(got) == content(want)
    assert done.counts == {
        "rows": len(cases),
        **{how: int((want["how"] == how).sum()) for how in list(done.counts)[1:]},
    }
    assert done.files == (7 if source == folder else 1)


@pytest.mark.parametrize(("near_m", "border_m"), [(0.0, 1.0), (30.0, 2.5)])
def test_measured_answers_too(folder, cells, cases, tmp_path, near_m, border_m):
    options = {"near_m": near_m, "border_m": border_m}
    onemap.assign_parquet(folder, cells, tmp_path / "out", answers=ALL, batch_rows=3000, **options, **PLACE)
    assert content(read_all(tmp_path / "out")) == content(in_memory(cases, cells, ALL, **options))


def test_geoparquet_says_its_own_system_and_keeps_its_geometry(cells, cases, tmp_path):
    points = gpd.GeoDataFrame(cases[["id"]], geometry=gpd.points_from_xy(cases["x"], cases["y"]), crs=CRS)
    points = points[np.isfinite(cases["x"]) & (cases["x"] < 6e5)].reset_index(drop=True)
    degrees = points.to_crs("EPSG:4490")
    degrees.to_parquet(tmp_path / "plain.parquet")
    mixed = degrees.copy()
    mixed.loc[5, "geometry"] = None
    mixed.loc[6, "geometry"] = shapely.box(0, 0, 1, 1)
    mixed.to_parquet(tmp_path / "mixed.parquet")
    for name, frame in (("plain", degrees), ("mixed", mixed)):
        done = onemap.assign_parquet(tmp_path / f"{name}.parquet", cells, tmp_path / f"{name}-out.parquet")
        got = gpd.read_parquet(done.path)
        assert got.crs == degrees.crs
        want = onemap.assign_cases(frame, cells).table
        assert got["how"].astype(object).tolist() == want["how"].tolist()
        assert content(pd.DataFrame({"id": got["id"], "cell": got["cell"]})) == content(
            pd.DataFrame({"id": got["id"], "cell": want["cell"]})
        )


def test_whole_number_codes_chosen_columns_and_names_taken(cells, cases, tmp_path):
    numbered = cells.assign(number=cells["cell_code"].astype(int))
    cases.rename(columns={"title": "cell"}).to_parquet(tmp_path / "a.parquet")
    onemap.assign_parquet(
        tmp_path / "a.parquet", numbered, tmp_path / "b.parquet", code="number", keep=["id", "cell"], **PLACE
    )
    got = pd.read_parquet(tmp_path / "b.parquet")
    assert list(got.columns) == ["id", "cell_source", "cell", "how"]
    want = in_memory(cases, cells, ("cell",))["cell"]
    assert (got["cell"].astype(object).where(got["cell"].notna(), 0).astype(int) == want.fillna("0").astype(int)).all()


def test_a_stopped_run_is_taken_up_where_it_was(folder, cells, tmp_path):
    out = tmp_path / "out"

    def stop(share: float, text: str) -> None:
        if share > 0.5:
            raise Cancelled("the request was cancelled; what was there before is untouched")

    with pytest.raises(Cancelled):
        onemap.assign_parquet(folder, cells, out, progress=stop, **PLACE)
    finished = sorted(path.name for path in out.rglob("*.parquet"))
    assert 0 < len(finished) < 7
    assert not list(out.rglob("*.part"))
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    again = onemap.assign_parquet(folder, cells, out, **PLACE)
    assert again.done_before == len(finished)
    assert again.counts["rows"] == 20_000
    assert all(path.stat().st_mtime_ns == time for path, time in times.items())
    assert onemap.assign_parquet(folder, cells, out, **PLACE).done_before == 7
    other = onemap.assign_parquet(folder, cells.iloc[1:], out, **PLACE)
    assert other.done_before == 0, "other cells are another job"


def test_a_killed_run_leaves_whole_files_only(folder, cells, tmp_path):
    index = onemap.CellLocator(cells).save(tmp_path / "cells.index")
    script = (
        "import os, signal, onemap; seen = []\n"
        "def told(share, text):\n"
        "    if share > 0.4: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"onemap.assign_parquet({str(folder)!r}, {str(index)!r}, {str(tmp_path / 'out')!r}, x='x', y='y',"
        f" crs={CRS!r}, batch_rows=500, progress=told)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, cwd=Path(__file__).parents[3])
    assert done.returncode == -9
    for path in (tmp_path / "out").rglob("*.parquet"):
        assert pq.read_metadata(path).num_rows == pq.read_metadata(folder / path.relative_to(tmp_path / "out")).num_rows
    taken_up = onemap.assign_parquet(folder, index, tmp_path / "out", **PLACE)
    assert 0 < taken_up.done_before < 7
    assert taken_up.counts["rows"] == 20_000


def test_what_cannot_be_worked_on_is_told(folder, cells, tmp_path):
    def assign(source=folder, out=tmp_path / "out", **options):
        return onemap.assign_parquet(source, cells, out, **{**PLACE, **options})

    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(SourceError, match="no Parquet file"):
        assign(empty)
    with pytest.raises(SourceError, match="no Parquet file"):
        assign(tmp_path / "nowhere")
    with pytest.raises(StoreError, match="is the source"):
        assign(folder, folder)
    with pytest.raises(CrsError, match="the cases have no coordinate system"):
        assign(crs=None)
    with pytest.raises(CrsError, match="does not say its coordinate system"):
        onemap.assign_parquet(folder, cells, tmp_path / "out", geometry="title")
    with pytest.raises(SchemaError, match="no column east"):
        assign(x="east")
    with pytest.raises(SchemaError, match="no column nothing"):
        assign(keep=["nothing"])
    with pytest.raises(SchemaError, match=r"title holds .*string, no numbers"):
        assign(x="title")
    with pytest.raises(SchemaError, match="answers hold reason"):
        assign(answers=["reason"])
    with pytest.raises(SchemaError, match="near_m is -1"):
        assign(near_m=-1)
    with pytest.raises(SchemaError, match="batch_rows is 0"):
        assign(batch_rows=0)
    with pytest.raises(SchemaError, match="positions stand"):
        assign(y=None)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(SourceError, match="cannot be read"):
        assign(tmp_path / "in")
    shutil.copy(folder / "part-1.parquet", tmp_path / "in" / "a.parquet")
    (tmp_path / "done").mkdir()
    shutil.copy(folder / "part-1.parquet", tmp_path / "done" / "a.parquet")
    with pytest.raises(StoreError, match="stands where the answer belongs"):
        assign(tmp_path / "in", tmp_path / "done")
    damaged = bytearray((folder / "part-4.parquet").read_bytes())
    damaged[200:6000] = bytes(5800)
    (tmp_path / "in" / "a.parquet").write_bytes(damaged)
    with pytest.raises(SourceError, match=r"a\.parquet: cannot be read"):
        assign(tmp_path / "in", tmp_path / "new")
    assert not [path for path in (tmp_path / "new").rglob("*") if path.is_file()]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks into /proc, which only Linux has")
def test_memory_does_not_grow_with_the_rows(cells, tmp_path):
    """A child answers 200,000 rows and 2,000,000 rows; its peak may not tell them apart by more than a batch."""
    index = onemap.CellLocator(cells).save(tmp_path / "cells.index")
    peaks = []
    for rows in (200_000, 2_000_000):
        rng = np.random.default_rng(1)
        source = tmp_path / f"{rows}.parquet"
        frame = pd.DataFrame({"x": 5e5 + rng.uniform(0, 2000, rows), "y": 4.4e6 + rng.uniform(0, 2000, rows)})
        frame.to_parquet(source, row_group_size=100_000)
        script = (
            "import onemap\n"
            f"onemap.assign_parquet({str(source)!r}, {str(index)!r}, {str(tmp_path / f'{rows}-out.parquet')!r},"
            f" x='x', y='y', crs={CRS!r}, batch_rows=100_000)\n"
            "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"  # getrusage counts the parent too
        )
        done = subprocess.run(
            [sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[3], capture_output=True, text=True
        )
        peaks.append(int(done.stdout) / 1024)
    print(f"out of core: peak {peaks[0]:.0f} MB at 200,000 rows, {peaks[1]:.0f} MB at 2,000,000")
    assert peaks[1] - peaks[0] < 40  # a batch and its answer; memory goes up and down by some 10 MB from run to run
