"""On Spark: the same rows with the same answers."""

import os
import shutil
import sys
from importlib.util import find_spec

import pandas as pd
import pytest

import onemap
from onemap.errors import Cancelled, CrsError, SchemaError, StoreError
from tests.presence import need

from .conftest import CRS, content, in_memory, read_all

need(find_spec("pyspark"), "pyspark is not installed: pip install onemap[spark]")
need(shutil.which("java") or os.environ.get("JAVA_HOME"), "Spark needs Java 17, which is not installed")

pytestmark = pytest.mark.slow
PLACE = {"x": "x", "y": "y", "crs": CRS}
ALL = ("cell", "how", "distance_m", "candidates")


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"  # the name of a fresh machine may lead nowhere
    os.environ["SPARK_LOCAL_HOSTNAME"] = "localhost"
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.memory", "1g")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "2500")
        .config("spark.local.dir", str(tmp_path_factory.mktemp("spark")))
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


def test_the_rows_are_those_of_a_single_process(spark, folder, cells, cases, tmp_path):
    shares = []
    frame = spark.read.option("recursiveFileLookup", "true").parquet(str(folder))
    done = onemap.assign_spark(
        spark, frame, cells, tmp_path / "out", progress=lambda share, text: shares.append(share), **PLACE
    )
    alone = onemap.assign_parquet(folder, cells, tmp_path / "alone", **PLACE)
    want = content(read_all(tmp_path / "alone"))
    assert content(pd.read_parquet(tmp_path / "out")) == want == content(in_memory(cases, cells, ("cell", "how")))
    assert done.counts == alone.counts
    assert shares[-1] == 1.0
    assert all(0 <= share <= 1 for share in shares)


def test_measured_answers_from_a_path_and_a_kept_index(spark, cells, cases, tmp_path):
    index = onemap.CellLocator(cells).save(tmp_path / "cells.index")
    cases.head(3000).to_parquet(tmp_path / "cases.parquet", index=False)
    options = {"near_m": 30.0, "border_m": 2.5}
    done = onemap.assign_spark(
        spark, tmp_path / "cases.parquet", index, tmp_path / "out", answers=ALL, keep=["id"], **options, **PLACE
    )
    got = pd.read_parquet(done.path)
    assert list(got.columns) == ["id", *ALL]
    want = in_memory(cases.head(3000), cells, ALL, **options)
    assert content(got) == content(want[["id", *ALL]])


def test_what_cannot_be_worked_on_is_told_and_a_stop_stops(spark, folder, cells, tmp_path):
    with pytest.raises(CrsError, match="the cases have no coordinate system"):
        onemap.assign_spark(spark, folder, cells, tmp_path / "out")
    with pytest.raises(SchemaError, match="no column nothing"):
        onemap.assign_spark(spark, folder, cells, tmp_path / "out", keep=["nothing"], **PLACE)
    with pytest.raises(StoreError, match="exists already"):
        onemap.assign_spark(spark, folder, cells, tmp_path, **PLACE)

    def stop(share: float, text: str) -> None:
        raise Cancelled("the request was cancelled; what was there before is untouched")

    many = spark.range(2_000_000_000).selectExpr("500000.0 + id % 2000 AS x", "4400000.0 + id % 1999 AS y")
    with pytest.raises(Cancelled):
        onemap.assign_spark(spark, many, cells, tmp_path / "out", progress=stop, **PLACE)
    assert not list((tmp_path / "out").glob("_SUCCESS"))
