"""The wheel is whole: it installs into a clean environment and runs there without the checkout."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_wheel_runs_without_the_checkout(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("onemap-*.whl")
    venv.create(tmp_path / "clean", with_pip=True)
    python = tmp_path / "clean" / "bin" / "python"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "--no-compile", f"{wheel}[excel]"], check=True, env=clean, cwd=tmp_path
    )
    city = tmp_path / "city"

    def onemap(*arguments: str) -> str:
        done = subprocess.run(
            [python, "-m", "onemap", *arguments], check=False, capture_output=True, text=True, env=clean, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    onemap("sample", str(city), "--size", "small")
    answer = onemap("run", str(city / "onemap.toml"), "--out", str(tmp_path / "out"), "--lang", "zh")
    assert "青禾区" in answer
    assert (tmp_path / "out" / "report.zh.html").stat().st_size > 100_000
    where = subprocess.run(
        [python, "-c", "import onemap; print(onemap.__file__)"],
        check=True,
        capture_output=True,
        text=True,
        env=clean,
        cwd=tmp_path,
    )
    assert str(tmp_path) in where.stdout
