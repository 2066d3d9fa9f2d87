"""The real desktop on a virtual screen, with the plugin from the zip, in both languages: a picture each."""

import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from qgis.PyQt.QtGui import QImage

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "out" / "pictures"
PATIENCE = "300"  # seconds: a busy machine takes its time, what hangs is told all the same
LOOK = """
dock = plugin.controller.dock
assert dock.isVisible()
dock.tabs.setCurrentIndex(0)
dock.findings.chips.choose("gap")
dock.findings.select(0)
dock.findings.table.activated.emit(dock.findings.table.currentIndex())
"""


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["zh-Hans", "en"])
def test_desktop_opens_the_map_with_the_dock(plugin_zip, one_map, tmp_path, locale):
    picture = PICTURES / f"desktop_{locale}.png"
    script = tmp_path / "look.py"
    script.write_text(LOOK, encoding="utf-8")
    environment = os.environ | {
        "ZIP": str(plugin_zip),
        "LOCALE": locale,
        "ONEMAP_PYTHON": sys.executable,
        "LIMIT": "300",
    }
    done = subprocess.run(
        ["sh", str(ROOT / "scripts" / "screenshot.sh"), str(one_map), str(picture), str(script)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout
    image = QImage(str(picture))
    assert (image.width(), image.height()) == (1600, 900)
    colours = {image.pixel(x, y) for x in range(0, 1600, 20) for y in range(0, 900, 20)}
    assert len(colours) > 40, "the picture is nearly empty"


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["zh-Hans", "en"])
def test_an_operator_works_through_the_console(plugin_zip, one_map, tmp_path, locale):
    pictures = PICTURES / f"console_{locale}"
    pictures.mkdir(parents=True, exist_ok=True)
    own = shutil.copytree(one_map.parent, tmp_path / "out") / "onemap.gpkg"  # decisions stand beside it
    environment = os.environ | {
        "ZIP": str(plugin_zip),
        "LOCALE": locale,
        "ONEMAP_PYTHON": sys.executable,
        "ONEMAP_PICTURES": str(pictures),
        "LIMIT": PATIENCE,
    }
    script = ROOT / "tests" / "plugin" / "drive_console.py"
    done = subprocess.run(
        ["sh", str(ROOT / "scripts" / "screenshot.sh"), str(own), str(pictures / "end.png"), str(script)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout
    for name in ("case", "repair", "editing", "version", "area", "log", "handover", "wall"):
        image = QImage(str(pictures / f"{name}.png"))
        colours = {image.pixel(x, y) for x in range(0, 1600, 20) for y in range(0, 900, 20)}
        assert len(colours) > 40, f"{name} is nearly empty"
    assert len(list(own.parent.glob("onemap.grids-*.gpkg"))) == 1
    assert (pictures / "handover.pdf").read_bytes()[:5] == b"%PDF-"


STEPS = ("filter", "decide", "who", "gap", "search", "found")


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["zh-Hans", "en"])
def test_an_operators_round_in_the_desktop(plugin_zip, built, tmp_path, locale):
    """Filter, decide, ask who answers, look at a gap with its repair, search: with keys and mouse, by the real library."""
    shutil.copytree(built / "out", tmp_path / "map")
    PICTURES.mkdir(parents=True, exist_ok=True)
    for step in STEPS:
        (PICTURES / f"desktop_{locale}_{step}.png").unlink(missing_ok=True)
    environment = os.environ | {
        "ZIP": str(plugin_zip),
        "LOCALE": locale,
        "ONEMAP_PYTHON": sys.executable,
        "ONEMAP_DAY": str(PICTURES),
        "LIMIT": PATIENCE,
    }
    command = ["sh", str(ROOT / "scripts" / "screenshot.sh"), str(tmp_path / "map" / "onemap.gpkg")]
    last = PICTURES / f"desktop_{locale}_last.png"
    done = subprocess.run(
        [*command, str(last), str(Path(__file__).with_name("desktop_day.py"))],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout
    pictures = [QImage(str(PICTURES / f"desktop_{locale}_{step}.png")) for step in STEPS]
    assert [(image.width(), image.height()) for image in pictures] == [(1600, 900)] * len(STEPS)
    assert all(one != other for one, other in pairwise(pictures))


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["en"])  # one language: it rests for half a minute
def test_the_desktop_closes_well_after_tools_showed_their_results(plugin_zip, one_map, tmp_path, locale):
    picture = PICTURES / f"desktop_{locale}_tools.png"
    picture.unlink(missing_ok=True)
    own = shutil.copytree(one_map.parent, tmp_path / "out") / "onemap.gpkg"
    environment = os.environ | {
        "ZIP": str(plugin_zip),
        "LOCALE": locale,
        "ONEMAP_PYTHON": sys.executable,
        "LIMIT": PATIENCE,
    }
    script = Path(__file__).with_name("desktop_tools.py")
    done = subprocess.run(
        ["sh", str(ROOT / "scripts" / "screenshot.sh"), str(own), str(picture), str(script)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout
