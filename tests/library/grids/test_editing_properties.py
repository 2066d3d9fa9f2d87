"""Any edits: the same whatever the order of rows; broken rules are those that geometry alone finds."""

import geopandas as gpd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from onemap import Division
from tests.library.grids.test_editing import STEPS, _play, opened, town


def state(edit: Division) -> list[tuple[str, str, bytes, float]]:
    cells = edit.cells
    shapes = shapely.to_wkb(shapely.normalize(cells.geometry.to_numpy()))
    groups = edit.groups.fillna("")
    return sorted(zip(cells["cell_code"], map(str, groups), shapes, cells["households"], strict=True))


@settings(max_examples=20, deadline=None)
@given(STEPS, st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_nothing(steps, luck):
    cells = town()
    order = list(range(len(cells)))
    luck.shuffle(order)
    edits = [opened(cells), opened(cells.iloc[order])]
    for edit in edits:
        _play(edit, steps)
    assert state(edits[0]) == state(edits[1])
    assert edits[0].findings["reason"].tolist() == edits[1].findings["reason"].tolist()
    told = [edit.lineage[["what", "cell", "from", "to"]].astype(str).to_numpy().tolist() for edit in edits]
    assert told[0] == told[1]


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_what_is_said_to_be_in_parts_is_in_parts(steps):
    """A cell is named for contiguity if and only if it is no single polygon, a grid for its cells or for itself."""
    edit = opened(town())
    _play(edit, steps)
    cells = edit.cells
    assert cells["cell_code"].is_unique
    grids = gpd.GeoDataFrame({"grid": edit.groups.to_numpy()}, geometry=cells.geometry.to_numpy()).dropna(subset="grid")
    lands = {name: shapely.union_all(rows.geometry.to_numpy()) for name, rows in grids.groupby("grid")}
    apart = {name for name, shape in lands.items() if shape.geom_type != "Polygon"}
    said = edit.findings.query("rule == 'contiguity'")
    named = {reason.partition(" lies in ")[0] for reason in said["reason"]}
    codes = set(cells["cell_code"])
    assert named & codes == set(cells.loc[cells.geom_type != "Polygon", "cell_code"])
    assert named - codes <= apart <= set(said["group"])
