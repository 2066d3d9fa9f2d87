"""Who answers in the sample city: barriers from which its cells derive, agencies, rosters, shifts, and their faults."""

import zipfile
from collections import Counter

import geopandas as gpd
import numpy as np
import pytest
import shapely

import onemap
from onemap.errors import SchemaError
from onemap.geo.coverage import check_coverage
from onemap.manifest import load_manifest
from onemap.responsibility import ResponsibilityMatrix
from onemap.sources.rosters import read_roster
from onemap.testing import make_city, read_planted, write_city
from tests.library.test_cli import onemap as command

AGENCIES = {"城管执法局", "公安分局", "环卫中心", "市政园林局", "市场监管局"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return onemap.run(write_city(tmp_path_factory.mktemp("city"), size="small"), language="en")


@pytest.fixture(scope="module")
def planted(run):
    return read_planted(run.path.parent.parent / "planted.json")


def derived(city):
    """Derive the cells again; return them, their defects and how many buildings a border of theirs cuts."""
    made = onemap.derive_cells(
        city.communities, barriers=city.barriers, buildings=city.buildings, compounds=city.frames["frame_compound"]
    )
    cells = made.cells.assign(cell_code=[f"{number:05d}" for number in range(len(made.cells))])
    lands, houses = cells.geometry.to_numpy(), city.buildings.geometry.to_numpy()
    house, cell = shapely.STRtree(lands).query(houses, predicate="intersects")
    shares = np.zeros(len(houses))
    np.maximum.at(shares, house, shapely.area(shapely.intersection(houses[house], lands[cell])))
    cut = int((shapely.area(houses) - shares > 1e-6).sum())  # a border may run along a wall, never through it
    assert made.counts["buildings_cut"] == cut
    return cells, check_coverage(cells, parent=city.district).defects, cut


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_cells_derive_again_without_defect_and_cut_no_building(seed):
    cells, defects, cut = derived(make_city(seed=seed))
    assert defects.empty
    assert cut == 0
    assert len(cells) > 60


@pytest.mark.slow
def test_cells_of_the_full_city_derive_again():
    cells, defects, cut = derived(make_city(size="full"))
    assert defects.empty
    assert cut == 0
    assert 1400 < len(cells) < 1900


def test_barriers_have_classes_and_the_railway_cuts_no_building():
    city = make_city()
    assert {kind: set(lines["class"]) for kind, lines in city.barriers.items() if kind in ("railway", "wall")} == {
        "railway": {"railway"},
        "wall": {"wall"},
    }
    assert {"expressway", "arterial", "secondary", "lane"} <= set(city.barriers["road"]["class"])
    assert len(city.barriers["wall"]) == len(city.frames["frame_compound"])
    railway = shapely.union_all(city.barriers["railway"].geometry.to_numpy())
    assert railway.length > 300
    assert not city.buildings.intersects(railway).any()


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_five_agencies_tile_the_district_and_cross_the_borders_of_streets(seed):
    city = make_city(seed=seed)
    grids = city.frames["duty_grid"]
    assert set(grids["agency"]) == AGENCIES
    for agency, mine in grids.groupby("agency"):
        assert check_coverage(mine, code="duty_code", parent=city.district).defects.empty, agency
        streets = gpd.overlay(
            mine[["duty_code", "geometry"]], city.streets[["street_code", "geometry"]], keep_geom_type=False
        )
        wide = streets[streets.area > 1]
        assert wide.groupby("duty_code")["street_code"].nunique().max() > 1, agency


def test_rosters_are_kept_as_offices_keep_them(run):
    raw = run.path.parent.parent / "raw"
    path = raw / "指挥中心/网格员花名册.xlsx"
    sheet = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").decode()
    assert '<mergeCell ref="A1:F1"/>' in sheet
    assert sheet.count("<mergeCell ") == 2 + 11  # one community has one cell only
    assert "<c><v>100" in sheet  # telephones are numbers
    workers = read_roster(path)
    assert len(workers.vacancies) == 1
    assert workers.holders["deputy"].gt(0).sum() > 0
    assert workers.holders["phone"].str.fullmatch(r"100\d{8}").all()
    assert workers.holders["grid_code"].nunique() == 59
    assert set(workers.rejects["kind"]) == {"title", "heading", "total", "note", "vacancy"}
    patrols = read_roster(raw / "城管执法局/执法队员值班表.xlsx")
    assert Counter(patrols.holders["shift"]) == {"day": 6, "night": 5, "holiday": 5}
    assert len(patrols.vacancies) == 2


def test_the_map_holds_the_appointments_of_all_rosters(run):
    holders = onemap.open_map(run.path).read("holder")
    assert Counter(holders["role"].dropna())["community_head"] == 12
    assert set(holders["agency"]) == {"区城市管理指挥中心", "城管执法局", "环卫中心"}
    row = onemap.open_map(run.path).layers.set_index("layer_id").loc["holder"]
    assert row["rows_in"] == row["rows_out"] + row["rows_rejected"]


def test_gaps_and_conflicts_are_those_planted(run, planted):
    one_map = onemap.open_map(run.path)
    causes = ("nobody", "vacant", "expired", "not_yet", "off_shift")
    wanted = Counter(fault.kind for fault in planted if fault.kind in causes)
    assert set(wanted) == set(causes)
    table = onemap.find_gaps(one_map, kinds=("land", "duty", "objects", "time")).table
    assert Counter(table["cause"][table["cause"] != ""]) == wanted
    assert (table["kind"] == "land").sum() == sum(fault.kind == "gap" for fault in planted)
    objects = {one for fault in planted if fault.kind == "object_gap" for one in fault.ids}
    assert set(table["object_id"][table["kind"] == "objects"]) == objects
    matrix = ResponsibilityMatrix.from_map(one_map)
    people, problems = one_map.read("holder"), matrix.problems
    known = {code for level in one_map.levels for code in one_map.read(level).iloc[:, 0]}
    known |= set(one_map.read("duty_grid")["duty_code"])
    lost = people[~people["grid_code"].isin(known) & people["grid_code"].notna()]
    assert problems["row"].tolist() == lost.index.tolist()
    # the cell that is missing, the one whose code a spreadsheet spoilt, the one that has another's
    damaged = {word for fault in planted if fault.layer_id == "grid_cell" for word in (*fault.ids, *fault.how.split())}
    assert len(lost) == 3
    assert set(lost["grid_code"]) <= damaged
    found = Counter(matrix.conflicts(start="2026-06-30")["cause"])
    kinds = Counter((fault.kind, fault.layer_id) for fault in planted)
    assert found == Counter(
        {
            "tie": kinds["tie", "duty"],
            "two_holders": kinds["two_holders", "duty"],
            "claimed_twice": kinds["overlap", "duty_grid"],
            "outside": kinds["outside", "duty_grid"],
            "cut": kinds["cut", "duty_grid"],
        }
    )
    gaps = matrix.gaps()
    assert Counter(gaps["cause"]) == wanted
    assert gaps["residents"].tolist() == table["residents"][table["cause"] != ""].tolist()
    # asked for the matters that duties name, without the one that only cases have
    named = [str(matter) for matter in matrix.rules.patterns]
    assert Counter(matrix.gaps(matters=named)["cause"]) == wanted - Counter({"nobody": 1})


def test_nobody_at_two_in_the_night(run, planted):
    matrix = ResponsibilityMatrix.from_map(onemap.open_map(run.path))
    night, holiday = (next(f for f in planted if f.kind == "off_shift" and f.when.count("/") == n) for n in (7, 1))
    for fault, empty, held in (
        (night, "2026-07-01 02:00", "2026-07-01 10:00"),
        (holiday, "2026-07-04 02:00", "2026-07-05 02:00"),
    ):
        spot = fault.geometry.representative_point()
        parts = {at: matrix.who(spot, matter="0501", at=at) for at in (empty, held)}
        assert parts[held].accountable.agency == fault.agency
        assert parts[empty].state == "vacant"


def test_a_roster_feeds_the_layer_of_holders_only(tmp_path):
    (tmp_path / "cells.gpkg").touch()
    text = '[district]\nname = "A"\ncrs = "EPSG:4548"\n[levels]\ngrid_cell = {}\n'
    source = '[[source]]\nlayer = "grid_cell"\npath = "cells.gpkg"\nroster = true\n'
    (tmp_path / "onemap.toml").write_text(text + source)
    with pytest.raises(SchemaError, match="a roster feeds the layer holder, not grid_cell") as raised:
        load_manifest(tmp_path)
    assert "名册（roster）只供图层 holder 使用" in raised.value.text("zh")


def test_without_duties_the_map_has_no_gaps_of_duty(tmp_path):
    manifest = write_city(tmp_path, size="small")
    head, *sources = manifest.read_text().split("[[source]]")
    kept = [one for one in sources if 'layer = "duty"' not in one]
    assert len(kept) == len(sources) - 1
    manifest.write_text("[[source]]".join([head, *kept]))
    one_map = onemap.run(manifest, language="en").one_map
    assert not one_map.has("duty_gap")


def test_the_command_line_names_the_rows_that_cannot_be_meant(run):
    done = command("who", run.path, "--cell", "110120002001001", "--matter", "0501", "--lang", "zh")
    assert (done.returncode, done.stderr) == (0, "")
    assert "有 3 行责任、责任人或网格所写不成立" in done.stdout
    assert "本图的网格、道路、部件中没有编码 110120001002001" in done.stdout
