"""The command line: exit codes, one line for bad input, JSON and progress for programs."""

import json
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from onemap.cli import main

ROOT = Path(__file__).resolve().parents[2]


def onemap(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "onemap", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ONEMAP_LANG": "en", **environment},
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """Return a folder with two clean cells, two overlapping ones, and three cases."""
    folder = tmp_path_factory.mktemp("cli")
    boxes = [shapely.box(500000, 4400000, 500100, 4400100), shapely.box(500100, 4400000, 500200, 4400100)]
    cells = gpd.GeoDataFrame({"cell_code": ["01", "02"]}, geometry=boxes, crs="EPSG:4548")
    cells.to_file(folder / "cells.gpkg", VERSION="1.3")
    boxes[1] = shapely.box(500090, 4400000, 500200, 4400100)
    cells.set_geometry(boxes, crs="EPSG:4548").to_file(folder / "bad.gpkg", VERSION="1.3")
    points = shapely.points([[500050, 4400050], [500100, 4400050], [600000, 4400050]])
    gpd.GeoDataFrame({"case_code": ["a", "b", "c"]}, geometry=points, crs="EPSG:4548").to_file(
        folder / "cases.gpkg", VERSION="1.3"
    )
    return folder


def test_check_says_whether_cells_cover(files):
    done = onemap("check", files / "cells.gpkg")
    assert (done.returncode, done.stderr) == (0, "")
    done = onemap("check", files / "bad.gpkg", "--json", "--fail-on-findings")
    answer = json.loads(done.stdout)
    assert done.returncode == 1
    assert answer["ok"] is False
    assert answer["counts"]["overlap"] == 1


def test_check_names_the_kinds_and_the_worst_defects(files, tmp_path):
    lines = onemap("check", files / "bad.gpkg").stdout.splitlines()
    assert lines[0] == "2 cells: 1 overlap (1,000 m2)"
    assert lines[1] == "  overlap, 1,000 m2, 10 m wide, 01 02: 2 cells cover the same 1,000 m2: 01, 02"
    assert lines[2:] == [
        "no outline was given: land missing along the outer border is not seen (--parent FILE)",
        "no allowed gaps were given: every gap counts (--allowed FILE)",
    ]
    chinese = onemap("check", files / "bad.gpkg", "--lang", "zh").stdout.splitlines()
    assert chinese[0] == "2 个网格：重叠 1 处（1,000 平方米）"
    assert chinese[1].startswith("  重叠，1,000 平方米，宽 10 米，01 02：2 个网格")
    cells = gpd.read_file(files / "cells.gpkg")
    cells.iloc[[0, *[1] * 7]].assign(cell_code=["01", *"abcdefg"]).to_file(tmp_path / "again.gpkg", VERSION="1.3")
    lines = onemap("check", tmp_path / "again.gpkg").stdout.splitlines()
    assert lines[0] == "8 cells: 1 duplicate"
    assert lines[1].startswith("  duplicate, 10,000 m2, a b c d ...: 7 cells have the same geometry")


def test_check_says_once_that_points_are_no_cells(files):
    done = onemap("check", files / "cases.gpkg", "--code", "case_code")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip().endswith("the features are points, not polygons; cells must be polygons")
    assert len(done.stderr.strip().splitlines()) == 1


def test_assign_answers_in_json_with_progress_lines(files, tmp_path):
    out = tmp_path / "assigned.csv"
    done = onemap("assign", files / "cases.gpkg", files / "cells.gpkg", "--out", out, "--json", "--progress", "json")
    assert done.returncode == 0
    counts = json.loads(done.stdout)["counts"]
    assert (counts["rows"], counts["inside"], counts["border"], counts["outside"]) == (3, 1, 1, 1)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert all(0 <= line["share"] <= 1 and line["text"] for line in lines)
    assert lines
    assert out.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("check", "absent.gpkg"), "absent.gpkg: no such file"),
        (("check", "x.gpkg", "--lang", "fr"), "--lang is fr; it must be en or zh"),
        (("no-such-verb",), "No such command 'no-such-verb'"),
        (("report", "absent.gpkg"), "absent.gpkg: no such file"),
        (("run", "absent.toml"), "absent.toml"),
        (("check", "a" * 5_000), "no such file"),
        (("report", "a" * 5_000), "no such file"),
        (("run", "a" * 5_000), "no such file"),
        (("convert", "1", "2", "--from", "+proj=longlat +R=1737400", "--to", "WGS84"), "no coordinate system for maps"),
        (("sample", "x", "--seed", "-1"), "seed is -1; it must be 0 or more"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, sentence):
    done = onemap(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert sentence in done.stderr


def test_it_speaks_chinese():
    done = onemap("check", "absent.gpkg", ONEMAP_LANG="zh")
    assert "文件不存在" in done.stderr
    assert "城区一张图" in onemap("--help", ONEMAP_LANG="zh").stdout


def test_codes_are_explained_checked_and_converted():
    assert "110108" in onemap("codes", "explain", "CJT213-2005", "11010801100408").stdout
    done = onemap("codes", "check", "CJT213-2005", "1101080110040", "--fail-on-findings")
    assert done.returncode == 1
    assert "110108" in onemap("codes", "convert", "CJT213-2005", "GBT30428", "11010801100408").stdout


def test_a_column_of_codes_is_checked(tmp_path):
    codes = ["11010801100408", "1101080110040", *["x"] * 6]
    (tmp_path / "list.csv").write_text("\n".join(["编码,名称", *(f"{one},a" for one in codes), ""]), encoding="utf-8")
    done = onemap("codes", "check", "CJT213-2005", tmp_path / "list.csv", "--fail-on-findings")
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert lines[0].endswith("list.csv: 8 codes, 1 good, 7 wrong")
    assert lines[1].startswith("  row 2, 1101080110040: has 13 characters")
    assert lines[-1] == "  ... and 2 more"
    done = onemap("codes", "check", "CJT213-2005", tmp_path / "list.csv", "--column", "名称", "--json")
    assert json.loads(done.stdout)["counts"] == {"codes": 8, "good": 0, "wrong": 8}
    done = onemap("codes", "check", "CJT213-2005", tmp_path / "absent.csv")
    assert (done.returncode, "absent.csv: no such file" in done.stderr) == (2, True)


@pytest.mark.parametrize("words", ["--lang zh codes --help", "codes --lang zh --help", "codes --help --lang zh"])
def test_the_language_may_stand_before_or_after_a_group_of_verbs(words):
    told = onemap(*words.split())
    assert (told.returncode, told.stderr) == (0, "")
    assert "列出编码方案。" in told.stdout
    assert "List the code profiles." not in told.stdout


def test_the_language_may_stand_before_the_verb():
    assert "城区一张图" in onemap("--lang", "zh", "--help").stdout
    assert onemap("--lang", "zh", "codes", "check", "ADMIN2", "11").stdout == "11：正确\n"
    assert onemap("--lang", "fr", "layers").returncode == 2
    told = onemap("run", "--help", "--lang", "zh").stdout
    assert "清单：onemap.toml" in told
    assert "默认为清单旁的" in told


def test_every_argument_has_its_help():
    import typer.main

    from onemap.cli import app

    def arguments(command):
        yield from (param for param in command.params if param.param_type_name == "argument")
        for below in getattr(command, "commands", {}).values():
            yield from arguments(below)

    assert [one.name for one in arguments(typer.main.get_command(app)) if not one.help] == []


def test_every_sentence_of_the_help_has_its_chinese():
    import typer.main

    from onemap.cli import app
    from onemap.cli.options import LANGUAGE
    from onemap.translation import sentences

    def helps(command):
        yield command.help
        yield from (param.help for param in command.params if param.help)
        for below in getattr(command, "commands", {}).values():
            yield from helps(below)

    assert LANGUAGE == "en"
    assert [one for one in helps(typer.main.get_command(app)) if one not in sentences()] == []


@pytest.mark.parametrize("words", ["who --lang zh", "repair --lang zh", "--lang zh", "atlas --lang zh", "atlas"])
def test_nothing_of_the_help_is_cut_off_at_80_columns(words):
    shown = onemap(*words.split(), "--help", COLUMNS="80").stdout
    assert "…" not in shown
    assert not [line for line in shown.splitlines() if line.lstrip("│ ")[:1] in "，。；）" and line.strip("│ ")]
    if words == "who --lang zh":
        assert "任，可重复。" in shown


def test_the_frame_of_the_help_and_of_mistakes_is_chinese_too():
    told = onemap("check", "--help", ONEMAP_LANG="zh", COLUMNS="110").stdout
    for word in ("用法：", "[选项]", "参数 ─", "选项 ─", "[必填]", "[默认：0.0]", "显示本帮助后退出。"):
        assert word in told
    for word in ("Usage", "Options", "Arguments", "default", "required", "Show"):
        assert word not in told
    assert "命令 ─" in onemap("codes", "--help", ONEMAP_LANG="zh", COLUMNS="110").stdout
    assert "Usage: " in onemap("check", "--help").stdout
    mistakes = {
        ("chekc",): "没有命令“chekc”。是否要用“check”？",
        ("check",): "缺少参数“cells”。",
        ("check", "a", "--foo"): "没有选项 --foo",
        ("check", "a", "--tolerance-m", "x"): "“--tolerance-m”的取值无效：应为数字",
        ("number", "a"): "缺少选项“--profile”。",
        ("check", "--out"): "选项“--out”缺少取值。",
        ("check", "a", "b"): "多余的参数（b）",
    }
    for words, sentence in mistakes.items():
        assert onemap(*words, ONEMAP_LANG="zh").stderr.startswith(f"onemap: {sentence}"), words


def test_coordinates_are_converted():
    done = onemap("convert", "120", "40", "--from", "WGS84", "--to", "GCJ02", "--json")
    assert json.loads(done.stdout)["x"] == pytest.approx(120.00567568355486, abs=1e-12)


def test_a_place_that_is_none_is_bad_input_and_a_negative_longitude_is_no_option():
    assert onemap("convert", "-73.9", "40", "--from", "WGS84", "--to", "GCJ02").stdout == "-73.900000000 40.000000000\n"
    done = onemap("convert", "1000", "2000", "--from", "EPSG:4490", "--to", "EPSG:4548")
    assert (done.returncode, done.stdout) == (2, "")
    assert "is no place in EPSG:4490" in done.stderr


def test_lists_of_codes_are_compared(real_data, tmp_path):
    folder = real_data / "changzhi"
    files = [folder / f"division2023_changzhi_{level}.csv.gz" for level in ("areas", "streets", "villages")]
    out = tmp_path / "became.csv"
    done = onemap("codes", "compare", folder / "adcode2016_changzhi_gcj02.csv.gz", *files, "--out", out, "--json")
    assert json.loads(done.stdout)["counts"]["county"] == {"kept": 8, "renamed": 0, "gone": 6, "new": 4}
    rows = out.read_text("utf-8-sig").splitlines()
    assert any(row.startswith("county,140424,gone,屯留县,,140405,屯留区,") for row in rows)
    (tmp_path / "odd.csv").write_text("编号,名称\n110101,东城区\n", encoding="utf-8")
    done = onemap("codes", "compare", tmp_path / "odd.csv", tmp_path / "odd.csv")
    assert done.returncode == 2
    assert "Name it with --code; the columns are 编号, 名称" in done.stderr


def test_several_levels_are_checked_with_their_nesting(tmp_path):
    path = tmp_path / "levels.gpkg"
    boxes = [shapely.box(500000, 4400000, 500100, 4400100), shapely.box(500100, 4400000, 500200, 4400100)]
    streets = {"street_code": ["s"]}
    gpd.GeoDataFrame(streets, geometry=[shapely.box(500000, 4400000, 500200, 4400100)], crs="EPSG:4548").to_file(
        path, layer="streets", VERSION="1.3"
    )
    for name, parents in (("cells", ["s", "s"]), ("strays", ["s", "t"])):
        cells = gpd.GeoDataFrame({"cell_code": ["01", "02"], "parent_code": parents}, geometry=boxes, crs="EPSG:4548")
        cells.to_file(path, layer=name, VERSION="1.3")
    done = onemap("check", path, "--layer", "streets", "--layer", "cells", "--fail-on-findings")
    assert (done.returncode, done.stdout.splitlines()[-3]) == (0, "each level fills the one above it")
    done = onemap("check", path, "--layer", "streets", "--layer", "strays", "--fail-on-findings", "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["nesting"]) == (1, {"orphan": 1})
    done = onemap("check", path, "--layer", "cells", "--layer", "cells")
    assert (done.returncode, done.stdout) == (2, "")


def test_what_is_written_and_said_of_rows_is_in_the_language_that_was_asked_for(files, tmp_path):
    table = tmp_path / "cases.csv"
    table.write_text("case_code,lon,lat\n" + "1,0,0\n" * 7, encoding="utf-8")
    out = tmp_path / "out.csv"
    done = onemap("assign", table, files / "cells.gpkg", "--crs", "EPSG:4490", "--out", out, "--lang", "zh")
    assert done.returncode == 0
    assert "坐标为 0, 0" in done.stderr
    assert "另有 2 行有问题" in done.stderr
    assert "案件没有几何位置" in out.read_text("utf-8-sig")


def test_cases_that_miss_the_cells_are_told_with_what_is_probably_wrong(files, tmp_path):
    cells = gpd.read_file(files / "cells.gpkg").to_crs("EPSG:4490")
    middle = cells.geometry.representative_point()
    table = tmp_path / "swapped.csv"
    lines = [f"{row},{place.y},{place.x}" for row, place in enumerate(middle)]
    table.write_text("\n".join(["case_code,lon,lat", *lines, ""]), encoding="utf-8")
    done = onemap("assign", table, files / "cells.gpkg", "--crs", "EPSG:4490", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["probably"].startswith("the two coordinates are probably swapped")
    assert "swapped.csv: positions are taken from lon and lat" in done.stderr
    done = onemap("assign", table, files / "cells.gpkg", "--crs", "EPSG:4490", "--x", "lat", "--y", "lon", "--json")
    assert json.loads(done.stdout)["probably"] == ""


def test_an_answer_can_be_asked_of_again(files, tmp_path):
    source = files / "cases.gpkg"
    for turn in range(3):
        out = tmp_path / f"{turn}.gpkg"
        asked = ("--layer", "case") if turn else ()
        assert onemap("assign", source, files / "cells.gpkg", "--out", out, *asked).returncode == 0
        source = out
    assert {"cell", "cell_source", "cell_source_source"} <= set(gpd.read_file(source, layer="case").columns)


def test_version_is_quick_and_loads_nothing_heavy():
    code = "import sys; sys.argv = ['onemap']; import onemap.cli; print([m for m in ('numpy', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_stopping_a_run_leaves_the_old_map(tmp_path):
    assert onemap("sample", tmp_path / "city", "--size", "small").returncode == 0
    out = tmp_path / "out"
    assert onemap("run", tmp_path / "city" / "onemap.toml", "--out", out).returncode == 0
    before = {path.name: path.read_bytes() for path in out.glob("*.gpkg")}
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "onemap",
            "run",
            str(tmp_path / "city" / "onemap.toml"),
            "--out",
            str(out),
            "--progress",
            "json",
        ],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ONEMAP_LANG": "en"},
        # a shell starts background jobs with Ctrl-C ignored, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    process.stderr.readline()  # it has begun
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped; what was there before is untouched" in said
    assert "Traceback" not in said
    assert {path.name: path.read_bytes() for path in out.glob("*.gpkg")} == before
    assert not list(out.glob(".*"))


def test_features_of_a_file_are_converted_there_and_back(files, tmp_path):
    shifted, back = tmp_path / "gcj.gpkg", tmp_path / "back.gpkg"
    assert onemap("convert", "--file", files / "cases.gpkg", "--to", "GCJ02", "--out", shifted).returncode == 0
    assert gpd.read_file(shifted).crs is None or not gpd.read_file(shifted).crs.is_projected
    done = onemap("convert", "--file", shifted, "--from", "GCJ02", "--to", "EPSG:4548", "--out", back, "--json")
    assert json.loads(done.stdout)["counts"] == {"rows": 3}
    asked, found = gpd.read_file(files / "cases.gpkg"), gpd.read_file(back)
    assert found["case_code"].tolist() == ["a", "b", "c"]
    assert asked.distance(found.to_crs(asked.crs)).max() < 1e-3
    assert onemap("convert", "1", "2", "--file", shifted, "--to", "WGS84").returncode == 2
    assert onemap("convert", "1", "--to", "WGS84").returncode == 2


def test_a_layer_may_be_named_behind_the_file(files, tmp_path):
    two = tmp_path / "two.gpkg"
    gpd.read_file(files / "cells.gpkg").to_file(two, layer="good", VERSION="1.3")
    gpd.read_file(files / "bad.gpkg").to_file(two, layer="bad", VERSION="1.3")
    assert json.loads(onemap("check", f"{two}|good", "--json").stdout)["ok"] is True
    assert json.loads(onemap("check", f"{two}|layername=bad", "--json").stdout)["ok"] is False


def test_wrong_codes_and_the_layers_are_written_as_tables(tmp_path):
    codes, wrong, listed = tmp_path / "codes.csv", tmp_path / "wrong.csv", tmp_path / "layers.csv"
    codes.write_text("编码\n11010801100408\n110108\n", encoding="utf-8")
    assert onemap("codes", "check", "CJT213-2005", codes, "--out", wrong).returncode == 0
    assert len(wrong.read_text(encoding="utf-8-sig").splitlines()) == 2
    assert onemap("codes", "check", "CJT213-2005", codes, codes, "--column", "编码", "--out", wrong).returncode == 2
    assert onemap("layers", "--out", listed).returncode == 0
    assert len(listed.read_text(encoding="utf-8-sig").splitlines()) == 1 + len(list((ROOT / "layers").glob("*.toml")))


def test_a_run_fails_on_findings_when_asked(tmp_path):
    assert onemap("sample", tmp_path, "--size", "small").returncode == 0
    done = onemap("run", tmp_path / "onemap.toml", "--out", tmp_path / "out", "--json", "--fail-on-findings")
    counts = json.loads(done.stdout)["counts"]
    assert done.returncode == 1
    assert counts["findings"] == counts["defects"] - counts["defects_allowed"] + counts["object_gaps"] > 0


def test_a_grid_that_lies_nowhere_is_no_news_to_the_user(monkeypatch):
    """Seen now and then in a demo: rasterio's warning about the grid that the report's picture is painted on."""
    monkeypatch.setattr(sys, "argv", ["onemap", "--version"])
    with warnings.catch_warnings(record=True) as heard:
        with pytest.raises(SystemExit):
            main()
        warnings.warn("Dataset has no geotransform, gcps, or rpcs.", UserWarning, stacklevel=1)
        warnings.warn("something else", UserWarning, stacklevel=1)
    assert [str(one.message) for one in heard] == ["something else"]
