"""What the READMEs print is what works: their commands and their Python, in order, from an empty folder."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGLISH, CHINESE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md"))
_SET_UP = ("python3 -m venv", "pip install", "sh scripts/")


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", text, flags=re.DOTALL)


def commands(text: str) -> list[list[str]]:
    lines = [line for block in blocks(text, "sh") for line in block.splitlines() if not line.startswith(_SET_UP)]
    return [words for line in lines if (words := shlex.split(line, comments=True)) and words[0] != "export"]


def code(text: str) -> str:
    (block,) = blocks(text, "python")
    return re.sub(r" +#.*", "", block)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readme")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    spoken = {**os.environ, "PYTHONPATH": str(ROOT), "ONEMAP_LANG": "en", "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=spoken, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_every_command_works_as_printed_in_order_from_an_empty_folder(folder):
    verbs = []
    for words in commands(ENGLISH):
        assert words[0] == "onemap", words
        smaller = {"sample": ["--size", "small"], "atlas": ["--dpi", "40"]}.get(words[1], [])
        done = run(folder, "-m", "onemap", *words[1:], *smaller)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        verbs.append(words[1])
        if words[1] == "who":
            assert "is accountable here for 0501" in done.stdout
            assert "Several cells have the code" not in done.stdout
    assert verbs == ["sample", "run", "check", "repair", "assign", "who", "atlas", "codes"]
    written = (
        "city/out/onemap.gpkg",
        "city/out/report.en.html",
        "repaired.gpkg",
        "assigned.xlsx",
        "atlas/district.pdf",
    )
    assert [path for path in written if not (folder / path).is_file()] == []
    done = run(folder, "-c", code(ENGLISH))
    assert done.returncode == 0, done.stderr
    assert "1 duplicate" in done.stdout
    assert "'outside': 0" in done.stdout


def test_both_languages_print_the_same_commands_and_code():
    assert commands(CHINESE) == commands(ENGLISH)
    assert code(CHINESE) == code(ENGLISH)
    setting_up = [line.split("#")[0] for line in ENGLISH.splitlines() if line.startswith(_SET_UP)]
    assert [line.split("#")[0] for line in CHINESE.splitlines() if line.startswith(_SET_UP)] == setting_up


def test_both_languages_have_the_same_sections_and_links_and_the_links_lead_somewhere():
    found = [re.findall(r"\]\(([^)]+)\)", text) for text in (ENGLISH, CHINESE)]
    english, chinese = (
        {link.replace(".zh.", ".").replace(".en.", ".") for link in links if "README" not in link} for links in found
    )
    assert english == chinese
    assert [link for links in found for link in links if not (ROOT / link).exists()] == []
    assert ENGLISH.count("\n## ") == CHINESE.count("\n## ")
    pages = {f"docs/{page.name}".replace(".zh.", ".") for page in (ROOT / "docs").glob("*.md")}
    assert pages <= english


def test_what_the_examples_write_is_not_taken_into_the_repository():
    for path in ("city/onemap.toml", "city/out/onemap.gpkg", "repaired.gpkg", "assigned.xlsx", "atlas/district.pdf"):
        ignored = subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False)
        assert ignored.returncode == 0, path


@pytest.mark.parametrize(
    ("spoken", "said"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "onemap 需要 python3 3.11 或更高版本；当前：Python 3.9.2"),
        ({"LANG": "de_DE.UTF-8"}, "onemap needs python3 3.11 or newer; found: Python 3.9.2"),
        ({"LANG": "zh_CN.UTF-8", "ONEMAP_LANG": "en"}, "onemap needs python3 3.11 or newer; found: Python 3.9.2"),
    ],
)
def test_the_demo_speaks_the_language_of_the_locale(tmp_path, spoken, said):
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n', encoding="utf-8")
    old.chmod(0o755)
    place = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", str(ROOT / "scripts" / "demo.sh"), str(tmp_path)], env=place | spoken, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout.decode(), done.stderr.decode().strip()) == (2, "", said)
