"""Headings of a source to the canonical columns of its layer, by the aliases of the catalogue."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from onemap.domain.catalogue import LayerSpec, fold_heading
from onemap.errors import SchemaError, some


def match_headings(
    headings: Iterable[str],
    spec: LayerSpec,
    *,
    path: Any,
    columns: Mapping[str, str] | None = None,
    constants: Iterable[str] = (),
    cut: frozenset[str] = frozenset(),
) -> dict[str, str]:
    """Return which headings are which canonical columns.

    Parameters
    ----------
    headings
        Of the source, as they stand there.
    columns
        Canonical name to heading, where the caller says it; goes before the aliases.
    constants
        Canonical names that need no heading.
    cut
        Headings that fill the ten bytes of a .dbf and may be the beginning of a longer one.

    Raises
    ------
    SchemaError
        A named heading is not there, two headings are the same column, or required columns are missing (all are
        named, with the aliases that were tried).

    Examples
    --------
    >>> from onemap.domain.catalogue import load_catalogue
    >>> match_headings(["网格编码", "旧码甲"], load_catalogue()["grid_cell"], path="cells.shp")
    {'网格编码': 'cell_code'}
    """
    there = [str(heading) for heading in headings]
    names = named_headings(there, columns or {}, path)
    taken = set(names.values()) | set(constants)
    claims: dict[str, list[str]] = {}
    for heading in there:
        if heading in names:
            continue
        canonical = spec.canonical(heading) or (_completed(heading, spec) if heading in cut else None)
        if canonical is not None and canonical not in taken:
            claims.setdefault(canonical, []).append(heading)
    twice = {canonical: found for canonical, found in claims.items() if len(found) > 1}
    if twice:
        said = "; ".join(f"{canonical}: {' = '.join(found)}" for canonical, found in twice.items())
        raise SchemaError(
            "{path}: several headings are the same column of {layer} ({said}); say which with columns",
            path=path,
            layer=spec.id,
            said=said,
        )
    names |= {found[0]: canonical for canonical, found in claims.items()}
    _require(spec, there, present={*names.values(), *constants}, path=path)
    return names


def named_headings(there: list[str], columns: Mapping[str, str], path: Any) -> dict[str, str]:
    """Return the headings that the caller names, each with its canonical name.

    Raises
    ------
    SchemaError
        One or more are not there.

    Examples
    --------
    >>> named_headings(["编码", "名称"], {"cell_code": "编码"}, "cells.csv")
    {'编码': 'cell_code'}
    """
    folded: dict[str, str] = {}
    for heading in there:
        folded.setdefault(fold_heading(heading), heading)
    names: dict[str, str] = {}
    missing = []
    for canonical, wanted in columns.items():
        found = wanted if wanted in there else folded.get(fold_heading(wanted))
        if found is None:
            missing.append(wanted)
        else:
            names[found] = canonical
    if missing:
        raise missing_column(missing, there, path)
    return names


def missing_column(missing: list[str], there: Iterable[Any], path: Any) -> SchemaError:
    """Return the error that names columns that are not there, with the heading that was probably meant."""
    headings = [str(heading) for heading in there]
    folded = {heading.casefold(): heading for heading in headings}
    close = difflib.get_close_matches(missing[0].casefold(), folded, n=1)
    values = {"path": path, "missing": ", ".join(missing), "headings": some(headings, most=40)}
    if close:
        template = "{path}: there is no column {missing}; did you mean {meant}? The headings are {headings}"
        return SchemaError(template, meant=folded[close[0]], **values)
    return SchemaError("{path}: there is no column {missing}; the headings are {headings}", **values)


def _completed(heading: str, spec: LayerSpec) -> str | None:
    """Return the one column of which a cut heading is the beginning, or None."""
    begin = fold_heading(heading)
    found = {name for alias, name in spec.aliases().items() if fold_heading(alias).startswith(begin)}
    return found.pop() if len(found) == 1 and begin else None


def _require(spec: LayerSpec, there: list[str], *, present: set[str], path: Any) -> None:
    """Name every required column that is missing, with the headings it is known by."""
    missing = [field for field in spec.required_fields if field.name not in present]
    if not missing:
        return
    said = "; ".join(
        f"{f.name} ({some(dict.fromkeys([f.title_zh, f.title_en, *f.aliases]), most=12)})" for f in missing
    )
    raise SchemaError(
        "{path}: layer {layer} needs columns that are not there: {missing}. The headings are: {headings}",
        path=path,
        layer=spec.id,
        missing=said,
        headings=some(there, most=40) or "none",
    )
