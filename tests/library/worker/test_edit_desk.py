"""A division edited through the worker: moved, split, merged, taken back exactly, saved beside the map and nowhere else."""

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing

import geopandas as gpd
import pyogrio
import pytest
import shapely

import onemap
from onemap.domain.catalogue import load_catalogue
from onemap.worker.edit_desk import EditDesk, groupings

AGENCY = "duty_grid:城管执法局"


@pytest.fixture
def opened(worker, city):
    path = city / "out" / "onemap.gpkg"
    assert worker.ask(1, "open", path=str(path))["ok"]
    return worker


def ask(worker, verb, **args):
    answer = worker.ask(f"{verb}-{id(args)}", verb, **args)
    assert answer["ok"], answer
    return answer["answer"]


def refused(worker, verb, **args):
    answer = worker.ask(f"{verb}-{id(args)}", verb, **args)
    assert not answer["ok"]
    return answer["error"]


def cells_of(city):
    """Return the cells as the map has them, each code once."""
    return onemap.open_map(city / "out" / "onemap.gpkg").read("grid_cell").dissolve("cell_code", as_index=False)


def grids_of(city):
    grids = onemap.open_map(city / "out" / "onemap.gpkg").read("duty_grid")
    return grids[grids["agency"] == "城管执法局"]


def totals(state):
    return {row["grid"]: (row["cells"], row["area_m2"], row["residents"]) for row in state["grids"]}


def test_every_grouping_of_the_map_is_offered(opened, city):
    offered = {row["grouping"]: row["grids"] for row in ask(opened, "edit.groupings")["groupings"]}
    one_map = onemap.open_map(city / "out" / "onemap.gpkg")
    wanted = {f"duty_grid:{name}": n for name, n in one_map.read("duty_grid")["agency"].value_counts().items()}
    assert offered == wanted | {"grid_community": len(one_map.read("grid_community"))}


def test_a_level_bears_the_title_that_the_district_gives_it(city, tmp_path):
    path = shutil.copy(city / "out" / "onemap.gpkg", tmp_path / "onemap.gpkg")
    titles = {"grid_community": {"en": "Advisory neighborhood commissions"}}
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM onemap_district WHERE name = 'level_titles'")
        connection.execute(
            "INSERT INTO onemap_district (name, value) VALUES ('level_titles', ?)", (json.dumps(titles),)
        )
        connection.commit()
    *_, level = groupings(onemap.open_map(path, verify=False))
    assert level["title"] == {
        "en": "Advisory neighborhood commissions",
        "zh": load_catalogue()["grid_community"].title("zh"),
    }


def test_each_cell_is_in_the_grid_with_most_of_it(opened, city):
    answer = ask(opened, "edit.open", grouping=AGENCY, who="Wang")
    grids = grids_of(city)
    for row in cells_of(city).itertuples():
        shares = {grid.duty_code: row.geometry.intersection(grid.geometry).area for grid in grids.itertuples()}
        best = max(shares, key=shares.get)
        assert answer["cells"][row.cell_code] == (best if shares[best] > 0 else "")
    assert sum(cells for cells, _, _ in totals(answer).values()) == sum(bool(grid) for grid in answer["cells"].values())
    assert answer["names"] == dict(zip(grids["duty_code"], grids["name"], strict=True))


def test_a_moved_cell_takes_its_people_along_and_comes_back(opened, city):
    first = ask(opened, "edit.open", grouping=AGENCY)
    people = onemap.open_map(city / "out" / "onemap.gpkg").read("econ_population")
    inside = people.sjoin(cells_of(city)[["cell_code", "geometry"]], predicate="within")
    cell = inside.groupby("cell_code")["residents"].sum().idxmax()
    moving = float(inside.loc[inside["cell_code"] == cell, "residents"].sum())
    home = first["cells"][cell]
    target = next(grid for grid in totals(first) if grid != home)
    state = ask(opened, "edit.move", cells=[cell], to=target, why="a trial")
    before, after = totals(first), totals(state)
    assert after[home][0] == before[home][0] - 1
    assert after[target][0] == before[target][0] + 1
    assert after[target][2] - before[target][2] == pytest.approx(moving)
    assert after[home][2] - before[home][2] == pytest.approx(-moving)
    assert [(row["cell"], row["grid"]) for row in state["changed"]] == [(cell, target)]
    back = ask(opened, "edit.undo")
    assert totals(back) == before
    assert (back["made"], back["can_redo"]) == (0, True)
    assert totals(ask(opened, "edit.redo")) == after


def test_several_cells_move_together_or_not_at_all(opened):
    first = ask(opened, "edit.open", grouping=AGENCY)
    target = next(iter(totals(first)))
    others = [cell for cell, grid in first["cells"].items() if grid != target][:3]
    state = ask(opened, "edit.move", cells=others, to=target)
    assert state["made"] == 1
    assert totals(ask(opened, "edit.undo")) == totals(first)
    assert refused(opened, "edit.move", cells=[*others, "nothing"], to=target)["code"] == "bad_input"
    assert totals(ask(opened, "edit.undo")) == totals(first)


def test_split_and_merge_keep_the_land(opened, city):
    first = ask(opened, "edit.open", grouping="grid_community")
    cells = cells_of(city).set_index("cell_code").geometry
    cell = next(code for code, shape in cells.items() if shape.geom_type == "Polygon")
    west, south, east, north = cells[cell].bounds
    middle = (west + east) / 2
    state = ask(opened, "edit.split", cell=cell, wkt=f"LINESTRING ({middle} {south - 5}, {middle} {north + 5})")
    parts = [row for row in state["changed"] if row["cell"] not in first["cells"]]
    assert state["gone"] == [cell]
    assert len(parts) >= 2
    together = shapely.union_all([shapely.from_wkt(row["wkt"]) for row in parts])
    assert together.symmetric_difference(cells[cell]).area < 0.01
    merged = ask(opened, "edit.merge", cells=[row["cell"] for row in parts])
    assert sorted(merged["gone"]) == sorted(row["cell"] for row in parts)
    (one,) = [row for row in merged["changed"] if row["cell"] not in first["cells"]]
    assert shapely.from_wkt(one["wkt"]).area == pytest.approx(cells[cell].area, abs=0.01)
    ask(opened, "edit.undo")
    assert totals(ask(opened, "edit.undo")) == totals(first)


def test_a_version_is_a_file_of_its_own_and_the_map_stays(opened, city, tmp_path):
    one_map = city / "out" / "onemap.gpkg"
    seal = hashlib.sha256(one_map.read_bytes()).hexdigest()
    first = ask(opened, "edit.open", grouping=AGENCY, who="Wang")
    path = tmp_path / "new.gpkg"
    assert "nothing was edited" in refused(opened, "edit.save", path=str(path), when="2026-12-01")["text"]["en"]
    cell, home = next((cell, grid) for cell, grid in first["cells"].items() if grid)
    target = next(grid for grid in totals(first) if grid != home)
    state = ask(opened, "edit.move", cells=[cell], to=target, why="a trial")
    ask(opened, "edit.save", path=str(path), when="2026-12-01", why="agreed")
    assert "never written over" in refused(opened, "edit.save", path=str(path), when="2026-12-01")["text"]["en"]
    assert hashlib.sha256(one_map.read_bytes()).hexdigest() == seal
    saved = gpd.read_file(path, layer="grid_cell")
    assert dict(zip(saved["cell_code"], saved["duty_code"].fillna(""), strict=True)) == first["cells"] | {cell: target}
    grids = gpd.read_file(path, layer="duty_grid").fillna({"valid_to": ""})
    assert set(grids.loc[grids["valid_to"] == "2026-11-30", "duty_code"]) == {home, target}
    new = grids[grids["valid_from"] == "2026-12-01"].set_index("duty_code")
    assert set(new.index) == {home, target}
    for grid in (home, target):
        assert new.loc[grid, "area_m2"] == pytest.approx(new.loc[grid].geometry.area, rel=1e-3)
        held = saved.loc[saved["duty_code"] == grid].geometry  # the city has a planted overlap: it counts once
        assert new.loc[grid].geometry.symmetric_difference(held.union_all()).area < 0.01
        assert new.loc[grid, "area_m2"] == pytest.approx(totals(state)[grid][1], rel=1e-3)
    lineage = pyogrio.read_dataframe(path, layer="lineage")
    assert lineage[["cell", "from", "to", "who", "why"]].to_numpy().tolist() == [
        [cell, home, target, "Wang", "a trial"]
    ]


def test_a_version_of_a_level_holds_its_areas_as_their_cells_make_them(opened, city, tmp_path):
    state = ask(opened, "edit.open", grouping="grid_community")
    cell, home = next((cell, grid) for cell, grid in sorted(state["cells"].items()) if grid)
    target = next(grid for grid in sorted({*state["cells"].values()} - {"", home}))
    ask(opened, "edit.move", cells=[cell], to=target)
    path = tmp_path / "version.gpkg"
    made = next(other for other, grid in sorted(state["cells"].items()) if grid == home and other != cell)
    ask(opened, "edit.move", cells=[made], to="110120001099", create=True)
    ask(opened, "edit.save", path=str(path), when="2027-01-01")
    areas = gpd.read_file(path, layer="grid_community").set_index("community_code").geometry
    before = onemap.open_map(city / "out" / "onemap.gpkg").read("grid_community").set_index("community_code").geometry
    cells = gpd.read_file(path, layer="grid_cell")
    assert set(areas.index) == {*before.index, "110120001099"}
    assert dict(zip(cells["cell_code"], cells["parent_code"], strict=True))[cell] == target
    land = shapely.union_all(cells.loc[cells["cell_code"] == cell].geometry)
    for code in (home, target, "110120001099"):
        own = shapely.union_all(cells.loc[cells["parent_code"] == code].geometry)
        assert shapely.area(shapely.symmetric_difference(areas[code], own)) < 1e-6
    assert shapely.area(shapely.intersection(areas[target], land)) == pytest.approx(land.area)
    assert shapely.area(shapely.intersection(areas[home], land)) < 1e-6
    for code in before.index.difference([home, target]):
        assert shapely.equals_exact(areas[code], before[code])


def test_what_makes_no_sense_is_said(opened):
    assert refused(opened, "edit.undo")["code"] == "not_open"
    assert "no grids nobody" in refused(opened, "edit.open", grouping="nobody")["text"]["en"]
    ask(opened, "edit.open", grouping=AGENCY)
    assert refused(opened, "edit.move", cells="C1", to="x")["code"] == "bad_arguments"
    assert refused(opened, "edit.split", cell="nothing", wkt="LINESTRING (0 0, 1 1)")["code"] == "bad_input"
    ask(opened, "edit.close")
    assert refused(opened, "edit.undo")["code"] == "not_open"


def test_all_who_answer_in_an_area_add_up_to_it(opened, city):
    one_map = onemap.open_map(city / "out" / "onemap.gpkg")
    west, south, east, north = one_map.read("grid_cell").total_bounds
    middle = shapely.box(west + (east - west) / 4, south + (north - south) / 4, east - 200, north - 200)
    answer = ask(opened, "who.all", wkt=middle.wkt, matter="0103")
    assert answer["measure"] == "area_m2"
    assert sum(row["size"] for row in answer["rows"]) == pytest.approx(middle.area, rel=1e-3)
    held = {row["holder_code"] for row in answer["rows"] if row["state"] == "held"}
    table = onemap.ResponsibilityMatrix.from_map(one_map).who_all(middle, matter="0103")
    assert held == set(table.loc[table["state"] == "held", "holder_code"])
    assert answer["holders"] == len(held)
    assert "no line or area" in refused(opened, "who.all", wkt="nonsense")["text"]["en"]


class Without:
    """A map without some layers, and without the people of its cells where that is asked for."""

    def __init__(self, one_map, *layers, crowd):
        self._map, self._layers, self._crowd = one_map, layers, crowd

    def __getattr__(self, name):
        return getattr(self._map, name)

    def has(self, layer):
        return layer not in self._layers and self._map.has(layer)

    def read(self, layer):
        frame = self._map.read(layer)
        if layer == "grid_cell":
            frame = frame.assign(households=None, residents=self._crowd)
        return frame


@pytest.mark.parametrize("crowd", [7, None])
def test_people_are_those_that_the_cells_bear_and_never_an_invented_zero(city, crowd):
    one_map = onemap.open_map(city / "out" / "onemap.gpkg")
    desk = EditDesk(Without(one_map, "econ_population", "city3d_building", crowd=crowd), AGENCY)
    rows = [row for row in desk.state()["grids"] if row["cells"]]
    assert rows
    if crowd is None:
        assert not any("residents" in row or "households" in row for row in rows)
    else:
        assert {row["residents"] / row["cells"] for row in rows} == {7.0}
        assert not any("households" in row for row in rows)
