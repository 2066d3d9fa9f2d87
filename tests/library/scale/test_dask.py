"""On a Dask cluster: the same files byte for byte, also when a worker is killed at its work."""

import os
import signal
import threading
from importlib.util import find_spec

import pytest

import onemap
from onemap.errors import Cancelled, SchemaError
from tests.presence import need

from .conftest import CRS

need(find_spec("distributed"), "dask.distributed is not installed: pip install onemap[dask]")

PLACE = {"x": "x", "y": "y", "crs": CRS}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    import dask
    from distributed import Client, LocalCluster

    dask.config.set({"temporary-directory": str(tmp_path_factory.mktemp("dask"))})
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", memory_limit=None
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def files(folder) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_files_are_those_of_a_single_process(client, folder, cells, tmp_path):
    shares = []
    alone = onemap.assign_parquet(folder, cells, tmp_path / "alone", **PLACE)
    done = onemap.assign_dask(
        client, folder, cells, tmp_path / "dask", progress=lambda share, text: shares.append(share), **PLACE
    )
    assert files(tmp_path / "dask") == files(tmp_path / "alone")
    assert done.counts == alone.counts
    assert shares == [k / 7 for k in range(1, 8)]
    assert onemap.assign_dask(client, folder, cells, tmp_path / "dask", **PLACE).done_before == 7


def test_a_killed_worker_costs_nothing_but_time(client, folder, cells, tmp_path):
    onemap.assign_parquet(folder, cells, tmp_path / "alone", batch_rows=20, **PLACE)
    index = onemap.CellLocator(cells).save(tmp_path / "cells.index")
    pids = client.run(os.getpid)
    victim = next(iter(pids.values()))
    killed = threading.Event()

    def told(share: float, text: str) -> None:
        if not killed.is_set():
            killed.set()
            os.kill(victim, signal.SIGKILL)

    done = onemap.assign_dask(client, folder, index, tmp_path / "dask", batch_rows=20, progress=told, **PLACE)
    assert killed.is_set()
    assert done.counts["rows"] == 20_000
    assert {k: v for k, v in files(tmp_path / "dask").items() if not k.endswith(".part")} == files(tmp_path / "alone")
    client.wait_for_workers(2, timeout=30)
    assert victim not in client.run(os.getpid).values()


def test_errors_and_cancels_come_home(client, folder, cells, tmp_path):
    with pytest.raises(SchemaError, match="no column east") as caught:
        onemap.assign_dask(client, folder, cells, tmp_path / "a", x="east", y="y", crs=CRS)
    assert caught.value.text("zh").startswith("cases 没有 east")

    def stop(share: float, text: str) -> None:
        raise Cancelled("the request was cancelled; what was there before is untouched")

    with pytest.raises(Cancelled):
        onemap.assign_dask(client, folder, cells, tmp_path / "b", progress=stop, **PLACE)
    assert not list((tmp_path / "b").glob(".cells-*"))
