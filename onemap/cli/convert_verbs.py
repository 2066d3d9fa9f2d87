"""The verb ``convert``: one pair of coordinates, or the features of a file."""

from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

from onemap.errors import CrsError, OnemapError

from .frames import read_frame, write_frames
from .options import Layer, Out, Speech, helped, verb


@verb
def convert(
    *,
    x: Annotated[float | None, typer.Argument(help=helped("Longitude or easting."))] = None,
    y: Annotated[float | None, typer.Argument(help=helped("Latitude or northing."))] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", help=helped("WGS84, GCJ02, BD09 or any EPSG code (else what the file says).")),
    ] = None,
    target: Annotated[str, typer.Option("--to", help=helped("WGS84, GCJ02, BD09 or any EPSG code."))] = "WGS84",
    file: Annotated[
        Path | None, typer.Option(help=helped("File of features, instead of one pair; write them with --out."))
    ] = None,
    layer: Layer = None,
    out: Out = None,
    terminal: Speech,
) -> None:
    """Convert one pair of coordinates, or features."""
    from onemap.geo.gcj import convert_coordinates

    if file is not None:
        if x is not None:
            raise OnemapError("name either --file or one pair of coordinates")
        with terminal.progress() as told:
            told(0.1, "converting the coordinates")
            made = _converted(file, layer, source, target)
            written = write_frames({layer or file.stem: made}, out, terminal.language)
        sentence = terminal.say("{rows} features are in {target} now", rows=len(made), target=target)
        terminal.answer({"counts": {"rows": len(made)}}, [sentence], out=written)
        return
    if x is None or y is None or source is None:
        raise OnemapError("name x, y and --from, or --file")
    to_x, to_y = convert_coordinates([x], [y], source=source, target=target)
    east, north = float(to_x[0]), float(to_y[0])
    if not (isfinite(east) and isfinite(north)):
        raise CrsError(
            "{x} {y} is no place in {source} that {target} can express", x=x, y=y, source=source, target=target
        )
    terminal.answer({"x": east, "y": north, "crs": target}, [f"{east:.9f} {north:.9f}"])


def _converted(file: Path, layer: str | None, source: str | None, target: str) -> Any:
    """Return the features of a file in another system; shifted ones have no system that a file could name."""
    import geopandas as gpd
    import numpy as np
    import shapely

    from onemap.geo.crs import WGS84, resolve_crs
    from onemap.geo.gcj import convert_coordinates, shifted_name

    shifted = None if source is None else shifted_name(source) or None
    frame = read_frame(file, layer=layer, coordinates=shifted, crs=None if shifted else source)
    if not shifted_name(target):
        return frame.to_crs(resolve_crs(target).crs)
    true = frame.geometry.to_crs(WGS84)
    moved = shapely.transform(
        true.to_numpy(),
        lambda at: np.column_stack(convert_coordinates(at[:, 0], at[:, 1], source="WGS84", target=target)),
    )
    rest = frame.drop(columns=frame.geometry.name)
    return gpd.GeoDataFrame(rest, geometry=moved)
