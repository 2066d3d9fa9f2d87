"""Faults planted on purpose in the raw files of the sample city, and the list of them."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from .plan import CENTRE, CRS, Plan, snap
from .sample import City

if TYPE_CHECKING:
    import pandas as pd

    from .rosters import RosterSheet


@dataclass(frozen=True)
class Planted:
    """One planted fault: what onemap shall call it, in which layer, whose ids, where, when, and how it was made."""

    kind: str
    layer_id: str
    ids: tuple[str, ...]
    how: str
    agency: str = ""
    wkt: str = ""
    area_m2: float = 0.0
    when: str = ""

    @property
    def geometry(self) -> shapely.Geometry | None:
        """Where it is, in the working CRS; None for a fault of a row."""
        return shapely.from_wkt(self.wkt) if self.wkt else None


def write_planted(path: Path, planted: Iterable[Planted]) -> None:
    """Write the list as JSON, one fault a line."""
    lines = ",\n".join("  " + json.dumps(asdict(one), ensure_ascii=False) for one in planted)
    path.write_text('{"crs": "' + CRS + '", "planted": [\n' + lines + "\n]}\n", encoding="utf-8")


def read_planted(path: str | Path) -> list[Planted]:
    """Read the list again.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "planted.json"
    >>> write_planted(file, [Planted("gap", "grid_cell", ("a", "b"), "a corner was cut off")])
    >>> read_planted(file)[0].ids
    ('a', 'b')
    """
    entries = json.loads(Path(path).read_text(encoding="utf-8"))["planted"]
    return [Planted(**{**entry, "ids": tuple(entry["ids"])}) for entry in entries]


class Planter:
    """Spoils copies of the city's frames and keeps the list of what it did."""

    def __init__(self, city: City, rng: np.random.Generator) -> None:
        self.city, self.plan, self.rng = city, city.plan, rng
        self.frames: dict[str, pd.DataFrame] = dict(city.frames)
        self.list: list[Planted] = []
        self.left_out: set[str] = set()  # objects that cannot be taken into the map
        self.allowed: list[dict[str, Any]] = []
        self.rosters: dict[str, RosterSheet] = {}

    def note(
        self,
        kind: str,
        layer: str,
        ids: Iterable[Any],
        how: str,
        *,
        where: Any = None,
        agency: str = "",
        when: str = "",
    ) -> None:
        """Add a fault to the list."""
        wkt = "" if where is None else shapely.to_wkt(where, rounding_precision=10)
        area = 0.0 if where is None else round(float(shapely.area(where)), 6)
        self.list.append(Planted(kind, layer, tuple(map(str, ids)), how, agency, wkt, area, when))


def plant(city: City, rng: np.random.Generator) -> Planter:
    """Return spoilt copies of the city's frames, the allowed gaps, and the list of all planted faults."""
    from .planted_cells import plant_beats, plant_cells
    from .planted_duties import plant_duties
    from .planted_rows import plant_rows

    planter = Planter(city, rng)
    plant_cells(planter)
    plant_beats(planter)
    plant_rows(planter)
    plant_duties(planter)
    return planter


def away(plan: Plan, angle: float, times: float) -> tuple[float, float]:
    """Return a place in a direction from the centre, in radii of the district."""
    radius = plan.radius_m * times
    x, y = snap(np.array([CENTRE[0] + radius * np.cos(angle), CENTRE[1] + radius * np.sin(angle)]))
    return float(x), float(y)
