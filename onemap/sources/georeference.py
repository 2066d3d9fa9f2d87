"""The CRS of a source: declared by the caller, by the file, or by its format; never guessed."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
import shapely

from onemap.errors import CrsError
from onemap.geo.crs import ResolvedCrs, resolve_crs
from onemap.geo.gcj import SHIFTED, convert_coordinates
from onemap.translation import say

Array = np.ndarray[Any, Any]
_WGS84 = "EPSG:4326"
NO_CRS = "{path}: no coordinate system is known; declare it as crs (--crs), such as EPSG:4490"


@dataclass(frozen=True)
class Georeferenced:
    """Geometry in ``crs``; ``source_crs`` names what the source itself was in."""

    geometry: Array
    crs: pyproj.CRS | None
    source_crs: str | None
    notes: list[str]


def georeference(
    geometry: Array,
    *,
    found: Any,
    found_is_default: bool,
    declared: Any,
    coordinates: str | None,
    path: Any,
) -> Georeferenced:
    """Return geometry with the one CRS that is known of it.

    Parameters
    ----------
    found
        What the file says; ``found_is_default`` where only the standard of its format says so.
    declared
        What the caller says.
    coordinates
        ``GCJ02`` or ``BD09``: shifted coordinates, to be converted to WGS 84.

    Raises
    ------
    CrsError
        Neither says anything, both say different things, or shifted coordinates are declared in metres.
    """
    if coordinates is not None:
        return _converted(geometry, coordinates, found=found, declared=declared, path=path)
    of_file = _known(found)
    of_caller = _known(declared)
    if of_file is not None and of_caller is not None and not same_crs(of_file.crs, of_caller.crs):
        names = {"declared": name_of(of_caller.crs), "found": name_of(of_file.crs)}
        if not found_is_default:
            raise CrsError(
                "{path}: declared as {declared}, but the file says {found}; correct the one that is wrong",
                path=path,
                **names,
            )
        if not _fits(geometry, of_caller.crs):
            raise CrsError(
                "{path}: declared as {declared}, but its format is in {found} by default; one of the two is wrong",
                path=path,
                **names,
            )
    known = of_caller or of_file
    if known is None:
        if not any(one is not None for one in geometry):
            return Georeferenced(geometry, None, None, [])
        raise CrsError(NO_CRS, path=path)
    notes = list(known.notes)
    if found_is_default:
        notes.append(_default_note(geometry, known.crs, is_declared=of_caller is not None, path=path))
    crs = _with_identity(known.crs)
    return Georeferenced(geometry, crs, name_of(crs), notes)


def _known(crs: Any) -> ResolvedCrs | None:
    """Return a CRS, or None for those that say of themselves that they are none."""
    resolved = resolve_crs(crs) if crs is not None else None
    if (
        resolved is None
        or resolved.crs.is_engineering
        or resolved.crs.name.lower().startswith(("undefined", "unknown"))
    ):
        return None
    return resolved


def _fits(geometry: Array, crs: pyproj.CRS) -> bool:
    """Tell whether coordinates can be of the kind of ``crs``: degrees or metres."""
    if not len(geometry):
        return True
    bounds = shapely.total_bounds(geometry)
    if not np.all(np.isfinite(bounds)):
        return True
    degrees = bool(np.abs(bounds[[0, 2]]).max() <= 360 and np.abs(bounds[[1, 3]]).max() <= 180)  # noqa: PLR2004
    return degrees is not crs.is_projected


def _default_note(geometry: Array, crs: pyproj.CRS, *, is_declared: bool, path: Any) -> str:
    """Return the note for a format that names a CRS by default; refuse coordinates that cannot be in it."""
    if is_declared:
        return say("coordinate system {crs}: declared; the file itself says nothing", crs=name_of(crs))
    if not _fits(geometry, crs):
        raise CrsError(
            "{path}: its format is in {crs} by default, but the coordinates are no degrees; declare crs",
            path=path,
            crs=name_of(crs),
        )
    return say("coordinate system {crs}: not declared, it is the default of the format", crs=name_of(crs))


def name_of(crs: pyproj.CRS) -> str:
    """Return the shortest name that says which CRS it is: authority and code, else its own name.

    Examples
    --------
    >>> name_of(pyproj.CRS(4548))
    'EPSG:4548'
    """
    authority = crs.to_authority(min_confidence=70)
    return ":".join(authority) if authority else str(crs.name)


def same_crs(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    """Tell whether two CRS are the same, however they are written and whatever order their axes are named in.

    Examples
    --------
    >>> same_crs(pyproj.CRS("OGC:CRS84"), pyproj.CRS(4326))
    True
    >>> same_crs(pyproj.CRS(4527), pyproj.CRS(4548))
    False
    """
    if one.equals(other, ignore_axis_order=True):
        return True
    codes = [crs.to_epsg(min_confidence=70) for crs in (one, other)]
    if codes[0] is not None and codes[0] == codes[1]:
        return True
    return _alike(_with_identity(one), _with_identity(other))


def _alike(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    """Tell whether two CRS have the same datum and the same parameters of projection, whatever their names."""
    if one.equals(other, ignore_axis_order=True):
        return True
    if not (one.is_projected and other.is_projected and one.geodetic_crs and other.geodetic_crs):
        return False
    if not same_crs(one.geodetic_crs, other.geodetic_crs):
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what PROJ strings leave out, the datum and names, is compared above
        return bool(one.to_dict() == other.to_dict())


def _with_identity(crs: pyproj.CRS) -> pyproj.CRS:
    """Return the registered CRS of a definition that only spells it differently; longitude-first WGS 84 is WGS 84."""
    if crs.to_authority() == ("OGC", "CRS84"):
        return pyproj.CRS(_WGS84)
    code = crs.to_epsg(min_confidence=70)
    return pyproj.CRS.from_epsg(code) if code else crs


def _converted(geometry: Array, coordinates: str, *, found: Any, declared: Any, path: Any) -> Georeferenced:
    """Return shifted coordinates as WGS 84."""
    kind = SHIFTED.get(coordinates.strip().upper())
    if kind is None:
        raise CrsError("{path}: coordinates {kind} are unknown; GCJ02 or BD09", path=path, kind=coordinates)
    for said in (found, declared):
        if said is not None and resolve_crs(said).crs.is_projected:
            raise CrsError(
                "{path}: {kind} coordinates are degrees, but {crs} is in metres",
                path=path,
                kind=kind,
                crs=name_of(resolve_crs(said).crs),
            )

    def shift(pairs: Array) -> Array:
        x, y = convert_coordinates(pairs[:, 0], pairs[:, 1], source=kind, target="WGS84")
        return np.column_stack([x, y])

    moved = shapely.transform(geometry, shift)
    note = say(
        "{kind} coordinates were converted to WGS 84 by the published approximation, good to a few metres",
        kind=kind,
    )
    return Georeferenced(moved, pyproj.CRS(_WGS84), kind, [note])
