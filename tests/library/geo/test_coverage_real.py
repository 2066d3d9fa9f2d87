"""Real districts: what is clean is proved clean, and what is dirty is found to the square metre.

The figures are those of the holes of the union and of the sum of areas minus the area of the union, which here tell the
same (no gap lies at the border, no wall meets in a point, no place has three cells).
"""

import geopandas as gpd
import pytest
import shapely

from onemap import check_coverage

DISTRICT = "EPSG:26985"


@pytest.fixture(scope="module")
def washington(real_data):
    def read(layer, crs=DISTRICT):
        frame = gpd.read_file(real_data / "washington_dc" / "dc_boundaries.gpkg", layer=layer)
        return frame.to_crs(crs) if crs else frame

    return read


def areas(report):
    """Return number and square metres of each kind that was found."""
    kinds = report.defects.groupby("kind")["area_m2"].agg(["size", "sum"])
    return {kind: (int(row["size"]), round(row["sum"], 4)) for kind, row in kinds.iterrows()}


CLEAN = ["ward_2012", "anc_2013", "smd_2013", "police_service_area", "census_tract_2010", "census_block_group_2010"]


@pytest.mark.parametrize("layer", CLEAN)
@pytest.mark.parametrize("crs", [DISTRICT, None])
def test_clean_layers_are_proved_clean(washington, layer, crs):
    assert check_coverage(washington(layer, crs)).ok


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("neighborhood_cluster", {"gap": (170, 312109.4475), "overlap": (202, 2583.0252)}),
        ("voting_precinct_2012", {"gap": (80, 906.1719), "overlap": (87, 2066.1621)}),
        # two rows are the same polygon: shapely counts its 1,263.1 m2 among 2,872.7 m2 of overlap
        ("zip_code", {"duplicate": (1, 1263.0962), "gap": (10, 330.0328), "overlap": (17, 1609.5564)}),
        # hundredths of a millimetre wide
        ("police_district", {"gap": (1, 0.0), "overlap": (1, 0.0001)}),
        # one cell is not valid: its repaired shape takes part
        ("smd_2002", {"gap": (5, 0.1298), "invalid": (1, 5370761.574), "overlap": (5, 0.0056)}),
    ],
)
def test_dirty_layers_to_the_square_metre(washington, layer, expected):
    frame = washington(layer)
    report = check_coverage(frame)
    assert areas(report) == expected
    union = shapely.union_all(shapely.make_valid(frame.geometry.to_numpy()))
    holes = sum(shapely.Polygon(ring).area for part in shapely.get_parts(union) for ring in part.interiors)
    gaps = report.defects.loc[report.defects["kind"] == "gap", "area_m2"].sum()
    twice = report.defects.loc[report.defects["kind"].isin(["overlap", "duplicate"]), "area_m2"].sum()
    assert gaps == pytest.approx(holes, abs=1e-6)
    assert twice == pytest.approx(
        shapely.area(shapely.make_valid(frame.geometry.to_numpy())).sum() - union.area, abs=1e-5
    )


def test_what_is_open_depends_on_the_coordinates(washington):
    """In degrees two vertices lie exactly on a neighbour's line; projected they lie beside it, by nanometres to
    millimetres. One of them closes a gap of 1,255 m2, which is so enclosed in degrees, and open to the outside in metres.
    """
    degrees = check_coverage(washington("neighborhood_cluster", None))
    metres = check_coverage(washington("neighborhood_cluster"))
    assert (degrees.counts["gap"], degrees.counts["mismatch"]) == (171, 1)
    assert (metres.counts["gap"], metres.counts["mismatch"]) == (170, 0)


def test_slivers_of_less_than_a_centimetre_become_mismatches(washington):
    report = check_coverage(washington("neighborhood_cluster"), tolerance_m=0.01)
    assert areas(report) == {"gap": (8, 312107.1842), "mismatch": (41, 4.7469), "overlap": (13, 2580.5416)}


def test_against_the_outline_of_the_district(washington):
    wards = washington("ward_2012")
    assert check_coverage(wards, parent=wards).ok
    # drawn again, never more than two metres off
    report = check_coverage(washington("smd_2013"), parent=wards, tolerance_m=0.01)
    assert areas(report) == {"gap": (9, 22.1026), "mismatch": (48, 19.4749), "outside": (5, 20.6563)}
    assert report.defects["touches_parent"].all()
    # the clusters leave out the parks
    report = check_coverage(washington("neighborhood_cluster"), parent=wards)
    gaps = report.defects[report.defects["kind"] == "gap"]
    assert (len(gaps), round(gaps["area_m2"].sum())) == (182, 44035944)
    assert (int(gaps["touches_parent"].sum()), int((~gaps["touches_parent"]).sum())) == (12, 170)
    # the tracts have another outer line
    report = check_coverage(wards, parent=washington("census_tract_2010"))
    assert areas(report) == {"gap": (907, 89323.3222), "outside": (913, 565736.9257)}


def test_the_towns_of_beijing_and_the_districts_of_shanghai_are_clean(real_data):
    towns = gpd.read_file(real_data / "beijing" / "beijing_towns.shp")
    assert len(towns) == 331
    assert check_coverage(towns, code="乡").counts["gap"] == 0
    assert set(check_coverage(towns, code="乡").defects["kind"]) == {"duplicate"}  # towns of the same name
    assert check_coverage(towns).ok
    (path,) = (real_data / "shanghai_messy").glob("*.shp")
    assert check_coverage(gpd.read_file(path, encoding="GB18030")).ok
