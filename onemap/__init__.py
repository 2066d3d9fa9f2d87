"""onemap: the one map of a city district, its grids, its cases and the proof of its coverage.

Names are resolved on first use, so that ``import onemap`` is instant and loads no numpy; `onemap.domain`
works on the standard library alone.

Examples
--------
>>> import onemap
>>> onemap.codes.profile("CJT213-2005").validate("11010801100408")
[]
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "AssignmentResult": "cases",
    "AtlasResult": "report.atlas",
    "AuditLimits": "grids.audit",
    "AuditReport": "grids.audit",
    "BalanceResult": "grids.balance_result",
    "BaseMap": "basemap",
    "CellLocator": "geo.locator",
    "CoverageReport": "geo.coverage",
    "DeriveOptions": "grids.derive_options",
    "DerivedCells": "grids.derivation",
    "Division": "grids.editing",
    "EditRules": "grids.edit_rules",
    "GapReport": "gaps",
    "NumberedCells": "grids.numbering",
    "OneMap": "store.one_map",
    "OnemapError": "errors",
    "RepairResult": "geo.coverage_repair",
    "ResponsibilityMatrix": "responsibility",
    "assign_cases": "cases",
    "assign_dask": "scale",
    "assign_parquet": "scale",
    "assign_spark": "scale",
    "audit_division": "grids.audit",
    "balance_cells": "grids.balance",
    "build_base_map": "basemap",
    "check_coverage": "geo.coverage",
    "check_nesting": "grids.levels",
    "compare_versions": "grids.versions",
    "convert_coordinates": "geo.gcj",
    "derive_cells": "grids.derivation",
    "find_gaps": "gaps",
    "in_force": "geo.dated",
    "make_atlas": "report.atlas",
    "match_boundary_version": "cases",
    "number_cells": "grids.numbering",
    "open_map": "store.one_map",
    "own_polygons": "geo.ownership",
    "read_layer": "sources.layer",
    "read_roster": "sources.rosters",
    "reassign_cases": "cases",
    "repair_coverage": "geo.coverage_repair",
    "run": "pipeline",
    "undo_repair": "geo.repair_record",
}
_MODULES = {"codes": "domain.codes", "catalogue": "domain.catalogue", "errors": "errors", "testing": "testing"}

__all__ = [
    "AssignmentResult",
    "AtlasResult",
    "AuditLimits",
    "AuditReport",
    "BalanceResult",
    "BaseMap",
    "CellLocator",
    "CoverageReport",
    "DeriveOptions",
    "DerivedCells",
    "Division",
    "EditRules",
    "GapReport",
    "NumberedCells",
    "OneMap",
    "OnemapError",
    "RepairResult",
    "ResponsibilityMatrix",
    "__version__",
    "assign_cases",
    "assign_dask",
    "assign_parquet",
    "assign_spark",
    "audit_division",
    "balance_cells",
    "build_base_map",
    "catalogue",
    "check_coverage",
    "check_nesting",
    "codes",
    "compare_versions",
    "convert_coordinates",
    "derive_cells",
    "errors",
    "find_gaps",
    "in_force",
    "make_atlas",
    "match_boundary_version",
    "number_cells",
    "open_map",
    "own_polygons",
    "read_layer",
    "read_roster",
    "reassign_cases",
    "repair_coverage",
    "run",
    "testing",
    "undo_repair",
]


def __getattr__(name: str) -> Any:
    """Import the room that holds ``name``, the first time it is asked for."""
    if name in _PUBLIC:
        value = getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    elif name in _MODULES:
        value = importlib.import_module(f"{__name__}.{_MODULES[name]}")
    else:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)
