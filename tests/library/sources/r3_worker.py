"""Reads one mutated source after another in a process of its own, so that a crash or a hang is only its own."""

import json
import resource
import sys

from onemap.errors import OnemapError
from onemap.sources.reading import ReadRequest, read


def outcome(path: str) -> dict[str, object]:
    try:
        reading = read(
            ReadRequest(
                path, crs=None if path.endswith((".gpkg", ".shp", ".geojson", ".fgb", ".zip", ".parquet")) else 4326
            )
        )
    except OnemapError as error:
        return {"outcome": type(error).__name__, "text": error.text("zh")}
    except BaseException as error:  # noqa: BLE001 - this is what the test is looking for
        return {"outcome": "other", "text": f"{type(error).__name__}: {error}"}
    return {"outcome": "result", "text": f"{len(reading.frame)} of {reading.rows_in}"}


for line in sys.stdin:
    answer = outcome(line.rstrip("\n"))
    answer["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
