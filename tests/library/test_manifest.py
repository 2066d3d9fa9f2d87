"""The manifest: right ones load, wrong ones say everything that is wrong at once, in both languages."""

import datetime as dt
from pathlib import Path

import pytest

from onemap.errors import SchemaError
from onemap.manifest import load_manifest
from onemap.manifest_rules import _NEEDED, CASES, COVERAGE, DISTRICT, LEVEL, SOURCE, ManifestError
from onemap.translation import say

GOOD = """
[district]
name = "青禾区"
name_en = "Qinghe"
crs = "EPSG:4548"
code_profile = "GBT30428"
as_of = 2026-06-30

[levels]
grid_street = { zh = "街道", en = "Street", dissolve = "grid_cell" }
grid_cell = {}

[[source]]
layer = "grid_cell"
path = "cells.gpkg"
sublayer = "cells"
columns = { cell_code = "网格编码" }
where = { "区" = "青禾区" }
as_of = 2026-01-01
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cells.gpkg").touch()
    (tmp_path / "cases.csv").touch()
    return tmp_path


def load(folder: Path, text: str):
    (folder / "onemap.toml").write_text(text, encoding="utf-8")
    return load_manifest(folder)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        load(folder, text)
    assert caught.value.text("zh") != caught.value.text("en")
    return [template.format(**values) for template, values in caught.value.problems]


@pytest.mark.parametrize(
    "kind", sorted({key.type for rules in (DISTRICT, LEVEL, CASES, COVERAGE, SOURCE) for key in rules.values()})
)
def test_what_is_needed_is_said_in_both_languages(kind: str):
    assert say(_NEEDED[kind], "zh") != _NEEDED[kind]


def test_wrong_kinds_of_values_are_problems(folder: Path):
    text = GOOD + 'values = 3\nconstants = "x"\nupdate_cycle_days = -1\n'
    with pytest.raises(ManifestError) as caught:
        load(folder, text)
    chinese = caught.value.text("zh")
    assert "source 1.values：应为由文本表组成的表" in chinese
    assert "source 1.update_cycle_days：应为不小于零的整数" in chinese
    with pytest.raises(ManifestError) as caught:
        load(folder, GOOD.replace("EPSG:4548", "EPSG:999999"))
    assert "未知的坐标系" in caught.value.text("zh")


def test_names_that_no_system_takes_are_not_found(folder: Path):
    long = "a" * 5_000
    assert any("not found" in one for one in problems(folder, GOOD.replace("cells.gpkg", long)))
    assert any(
        "not found" in one for one in problems(folder, GOOD.replace("[district]", f'[district]\nroot = "{long}"'))
    )
    with pytest.raises(SchemaError, match="cannot be read"):
        load_manifest(long)


def test_a_good_manifest(folder: Path):
    manifest = load(folder, GOOD)
    assert manifest.district.name == "青禾区"
    assert manifest.district.as_of == dt.date(2026, 6, 30)
    assert manifest.district.margin_m == 200.0
    assert [level.layer_id for level in manifest.levels] == ["grid_street", "grid_cell"]
    (source,) = manifest.sources_of("grid_cell")
    assert source.path == folder / "cells.gpkg"
    assert source.title == "cells.gpkg:cells"
    assert source.where == {"区": ("青禾区",)}
    assert manifest.sources_of("case") == ()
    assert manifest.out == folder / "out"


def test_a_byte_order_mark_and_backslashes_are_no_problem(folder: Path):
    (folder / "raw").mkdir()
    (folder / "raw" / "cells.gpkg").touch()
    text = GOOD.replace('path = "cells.gpkg"', "path = 'raw\\cells.gpkg'")
    (folder / "onemap.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_manifest(folder / "onemap.toml").sources[0].name == "raw/cells.gpkg"


def test_the_root_is_the_callers_before_the_files(folder: Path, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("data")
    (elsewhere / "cells.gpkg").touch()
    (folder / "onemap.toml").write_text(GOOD.replace('name_en = "Qinghe"', 'root = "nowhere"'), encoding="utf-8")
    assert load_manifest(folder, root=elsewhere).sources[0].path == elsewhere / "cells.gpkg"
    text = GOOD.replace('name_en = "Qinghe"', 'root = "nowhere"')
    assert problems(folder, text) == ["district.root: folder 'nowhere' not found"]  # once, not for every file
    with pytest.raises(ManifestError, match=r"has 1 problem:"):
        load(folder, text)


def test_an_absolute_path_is_not_published(folder: Path):
    text = GOOD.replace('path = "cells.gpkg"', f'path = "{(folder / "cells.gpkg").as_posix()}"')
    assert load(folder, text).sources[0].name == "cells.gpkg"


def test_every_problem_is_told_at_once(folder: Path):
    text = """
colour = "red"
[district]
nam = "x"
crs = "EPSG:4490"
margin_m = -1
language = "fr"
gcj02 = "yes"
as_of = "2026-06-30"
timezone = "Mars/Olympus"
code_profile = "GBT30482"
[levels]
grid_strete = {}
grid_cell = { dissolve = "grid_street" }
[cases]
near_m = nan
[coverage]
allowed = "lakes.gpkg"
[[source]]
layer = "grid_cel"
path = "cells.gpkg"
[[source]]
layer = "case"
path = "no.csv"
x = "lon"
crs = "EPSG:99999"
columns = { case_cod = "x" }
coordinates = "GCJ03"
[[source]]
layer = "defect"
path = "https://example.org/a.gpkg"
"""
    found = problems(folder, text)
    assert found == [
        "top of the file: unknown key 'colour'",
        "district: unknown key 'nam'; did you mean 'name'?",
        "district: key 'name' is missing",
        "district.as_of: must be a date such as 2026-06-30, not '2026-06-30'",
        "district.margin_m: must be a number of zero or more, not -1",
        "district.language: is 'fr'; it must be one of en, zh",
        "district.gcj02: must be true or false, not 'yes'",
        "district.crs: 'EPSG:4490' is in degrees; a projected one in metres is needed, such as EPSG:4548",
        "district.code_profile: 'GBT30482' is not known; did you mean 'GBT30428'?",
        "district.timezone: 'Mars/Olympus' is not a time zone, such as Asia/Shanghai",
        "source 1: layer 'grid_cel' is not in the catalogue; did you mean 'grid_cell'?",
        "source 2.coordinates: is 'GCJ03'; it must be one of GCJ02, BD09",
        "source 2.columns: layer case has no column 'case_cod'; did you mean 'case_code'?",
        "source 2: x and y belong together",
        "source 2.crs: EPSG:99999: not a known coordinate system",
        "source 2: file 'no.csv' not found",
        "source 3: layer defect is made by onemap and takes no source",
        "source 3: 'https://example.org/a.gpkg' is not a file on this machine",
        "levels.grid_strete: layer 'grid_strete' is not in the catalogue; did you mean 'grid_street'?",
        "levels.grid_cell: dissolve names 'grid_street', which is not a finer level",
        "cases.near_m: must be a number of zero or more, not nan",
        "coverage: file 'lakes.gpkg' not found",
    ]
    print(f"manifest: {len(found)} problems in one message")


@pytest.mark.parametrize(
    ("crs", "said"),
    [
        ("EPSG:3857", "Web Mercator"),
        ("EPSG:4326", "in degrees"),
        ("EPSG:2248", "not in metres"),
        ("EPSG:123456", "not a known coordinate system"),
        ("GCJ02", "not a coordinate system"),
    ],
)
def test_a_working_crs_that_cannot_be_measured_in(folder: Path, crs: str, said: str):
    (found,) = problems(folder, GOOD.replace("EPSG:4548", crs))
    assert said in found


def test_gcj02_may_be_forbidden(folder: Path):
    text = GOOD.replace('name_en = "Qinghe"', "gcj02 = false") + 'coordinates = "GCJ02"\n'
    assert problems(folder, text) == ["source 1: coordinates are GCJ02, but district.gcj02 is false"]


def test_levels_without_source(folder: Path):
    assert problems(folder, GOOD.replace(', dissolve = "grid_cell"', "")) == [
        "levels.grid_street: no source feeds this level, and it is not dissolved from a finer one"
    ]
    assert problems(folder, GOOD.replace("grid_cell = {}\n", "")) == [
        "levels.grid_street: dissolve names 'grid_cell', which is not a finer level",
        "levels.grid_cell: has a source but is not among the levels",
    ]
    assert "levels: at least one level of grids is needed, such as grid_cell" in problems(
        folder, "[district]\nname='a'\ncrs='EPSG:4548'"
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[district\nname = 1", "line 1"),
        ('[district]\nname = "青禾"'.encode("gb18030"), "UTF-8"),
        (None, "no such manifest"),
    ],
)
def test_files_that_are_no_manifest(tmp_path: Path, data: bytes | None, said: str):
    path = tmp_path / "onemap.toml"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(SchemaError, match=said):
        load_manifest(path)


def test_sections_of_the_wrong_shape(folder: Path):
    found = problems(folder, 'district = 1\nlevels = []\nsource = "x"\n')
    assert "district: must be a section [district], not 1" in found
    assert "source: sources are written as [[source]] sections" in found
    assert "levels: must be a section [levels], not []" in found


def test_the_audit_and_the_last_version(folder: Path):
    for name in ("signed.csv", "last.gpkg"):
        (folder / name).touch()
    audit = '[audit]\nexceptions = "signed.csv"\nsurvey_scale = 500\nlargest_m2 = 30000\n'
    manifest = load(folder, f'{GOOD}\n{audit}[previous]\npath = "last.gpkg"\ntolerance_m = 0.5\n')
    assert manifest.audit.exceptions == folder / "signed.csv"
    assert (manifest.audit.survey_scale, manifest.audit.limits) == (500, {"largest_m2": 30000.0})
    assert (manifest.previous.path, manifest.previous.tolerance_m) == (folder / "last.gpkg", 0.5)
    plain = load(folder, GOOD)
    assert (plain.audit.exceptions, plain.previous.path) == (None, None)


def test_a_wrong_audit_and_last_version(folder: Path):
    found = problems(
        folder, f"{GOOD}\n[audit]\nsmallest_m2 = 9\nlargest_m2 = 5\nlargest = 2\n[previous]\npath = 'no.gpkg'\n"
    )
    assert "the smallest size 9 m2 is above the largest 5 m2" in found
    assert "audit: unknown key 'largest'; did you mean 'largest_m2'?" in found
    assert "previous: file 'no.gpkg' not found" in found
    assert "previous: key 'path' is missing" in problems(folder, f"{GOOD}\n[previous]\n")
