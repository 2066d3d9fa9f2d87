"""The conflicts of responsibility that a run publishes beside the gaps."""

import pandas as pd

from onemap.basemap import Assembly
from onemap.domain.moments import day_now
from onemap.responsibility.gaps import COLUMNS
from onemap.responsibility.matrix import ResponsibilityMatrix

_LEFT = ("cause",)  # says the same as the kind


def conflicts_of(assembly: Assembly, matrix: ResponsibilityMatrix | None) -> dict[str, pd.DataFrame]:
    """Return the layer ``duty_conflict`` of a map that has duties: where several claim the same with equal right."""
    if matrix is None:
        return {}
    district = assembly.manifest.district
    day = district.as_of or day_now(district.timezone)
    rules = assembly.manifest.coverage
    width = rules.tolerance_m if rules.agency_tolerance_m is None else rules.agency_tolerance_m
    found = matrix.conflicts(
        start=day,
        tolerance_m=width,
        buildings=assembly.frames.get("city3d_building"),
        population=assembly.frames.get("econ_population"),
    )
    names = [name for name in COLUMNS if name not in _LEFT]
    table = found[[*names, "geometry"]].reset_index(drop=True)
    table.insert(0, "conflict_id", [f"conflict-{n:05d}" for n in range(1, len(table) + 1)])
    return {"duty_conflict": table}
