"""Cases by the hundred million: Parquet files to cells out of core, on one machine, with Dask, or with Spark."""

from onemap.scale.on_dask import assign_dask
from onemap.scale.on_spark import assign_spark
from onemap.scale.parquet import ParquetAnswer, assign_parquet

__all__ = ["ParquetAnswer", "assign_dask", "assign_parquet", "assign_spark"]
