"""The zip: reproducible, complete, and clean by the rules of the plugin repository."""

import configparser
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = "onemap_center"

# The rules that block a download (the repository's rule data of July 2026); the second list may be waived there,
# and is kept here all the same.
NEVER = (
    "B102,B103,B105,B106,B107,B201,B202,B301,B302,B304,B305,B306,B307,B312,B321,B323,B401,B402,B412,B413,B501,B502,"
    "B503,B505,B506,B507,B601,B602,B604,B605,B609,B610,B611,B612,B613,B615,B701"
)
HARDLY = (
    "B101,B104,B108,B110,B112,B113,B303,B308,B310,B311,B313,B314,B315,B316,B317,B318,B319,B320,B324,B403,B405,B406,"
    "B407,B408,B409,B504,B508,B509,B603,B606,B607,B608,B614,B702,B703,B704"
)
REQUIRED = ("name", "description", "version", "qgisMinimumVersion", "author", "email", "about", "tracker", "repository")


@pytest.fixture(scope="module")
def metadata():
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "metadata.txt", encoding="utf-8")
    return parser["general"]


def test_same_bytes_again(plugin_zip, tmp_path, run):
    again = tmp_path / "again.zip"
    run(sys.executable, ROOT / "scripts" / "package_plugin.py", again, TZ="Asia/Shanghai")
    assert again.read_bytes() == plugin_zip.read_bytes()


def test_a_question_for_help_is_answered_and_writes_no_file(tmp_path):
    script = ROOT / "scripts" / "package_plugin.py"
    done = subprocess.run([sys.executable, script, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: ")
    assert not [*tmp_path.iterdir()]


def test_zip_holds_what_it_needs_and_nothing_else(plugin_zip):
    names = zipfile.ZipFile(plugin_zip).namelist()
    assert {name.split("/")[0] for name in names} == {NAME}
    for needed in ("metadata.txt", "LICENSE", "__init__.py", "icons/onemap.svg", "i18n/zh.toml"):
        assert f"{NAME}/{needed}" in names
    for needed in ("errors.py", "domain/catalogue.py", "layers/grid_cell.toml", "styles/case.qml", "LICENSE"):
        assert f"{NAME}/onemap/{needed}" in names
    unwanted = (".pyc", "__pycache__", ".git", "__MACOSX", "..", "\\", ".exe", ".dll", ".so", ".sh", ".bat")
    assert [name for name in names if any(part in name for part in unwanted)] == []
    assert plugin_zip.stat().st_size < 25_000_000
    assert sum(entry.file_size for entry in zipfile.ZipFile(plugin_zip).infolist()) < 25_000_000


def test_zip_carries_only_pure_rooms(plugin_zip):
    rooms = {
        name.split("/")[2] for name in zipfile.ZipFile(plugin_zip).namelist() if name.startswith(f"{NAME}/onemap/")
    }
    assert rooms == {
        "__init__.py",
        "LICENSE",
        "errors.py",
        "translation.py",
        "translations",
        "domain",
        "layers",
        "styles",
    }


@pytest.mark.parametrize("key", REQUIRED)
def test_metadata_is_complete(metadata, key):
    assert metadata[key].strip()


def test_metadata_says_what_is_true(metadata, plugin):
    assert metadata["version"] == plugin("onemap").__version__
    assert (metadata["qgisMinimumVersion"], metadata["qgisMaximumVersion"]) == ("3.34", "4.99")
    assert metadata["hasProcessingProvider"] == "yes"
    assert (ROOT / "qgis_plugin" / metadata["icon"]).is_file()
    assert "supportsQt6" not in metadata


@pytest.mark.parametrize("key", ["about", "changelog"])
def test_metadata_tells_of_what_the_plugin_does(metadata, key):
    told = metadata[key].lower()
    assert [word for word in ("live", "version", "search", "wall view", "log", "toolbox") if word not in told] == []


def test_the_run_says_where_its_pictures_lie(tmp_path, monkeypatch):
    from . import conftest

    said = []
    reporter = SimpleNamespace(section=said.append, write_line=said.append)
    monkeypatch.setattr(conftest, "PICTURES", tmp_path / "pictures")
    conftest.pytest_terminal_summary(reporter)
    assert said == []  # a run without the desktop makes none
    (tmp_path / "pictures" / "console_en").mkdir(parents=True)
    (tmp_path / "pictures" / "console_en" / "wall.png").touch()
    conftest.pytest_terminal_summary(reporter)
    assert said == ["pictures", f"1 pictures of the desktop: {tmp_path / 'pictures'}"]


def test_licence_is_the_gpl(plugin_folder):
    text = (plugin_folder / "LICENSE").read_text(encoding="utf-8")
    assert "GNU GENERAL PUBLIC LICENSE" in text
    assert "Version 2, June 1991" in text


@pytest.mark.parametrize("rules", [NEVER, HARDLY], ids=["never", "hardly"])
def test_gate_bandit(plugin_folder, rules, run):
    bandit = Path(sys.executable).with_name("bandit")
    known = set(run(bandit, "--help").split())
    wanted = ",".join(rule for rule in rules.split(",") if rule in known)
    done = subprocess.run(
        [bandit, "-q", "-r", plugin_folder, "-t", wanted, "-f", "json"], capture_output=True, text=True, check=False
    )
    found = [(item["filename"], item["line_number"], item["test_id"]) for item in json.loads(done.stdout)["results"]]
    assert found == []


def test_gate_secrets(plugin_folder, run):
    scanner = Path(sys.executable).with_name("detect-secrets")
    found = json.loads(run(scanner, "scan", "--all-files", plugin_folder))["results"]
    assert found == {}


def test_import_needs_no_wheels(plugin_folder):
    """What QGIS loads at its start brings no numpy of its own, no shapely, no GDAL wheel."""
    code = (
        f"import sys; sys.path.insert(0, {str(plugin_folder.parent)!r}); import {NAME}, {NAME}.onemap.domain.catalogue as c; "
        "c.load_catalogue(); print(sorted(set(sys.modules) & {'numpy', 'shapely', 'pyproj', 'geopandas', 'qgis'}))"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "[]"
