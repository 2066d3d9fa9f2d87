"""The pages: every link leads somewhere, every picture is there, and the tutorials say what stands on the screen."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
TUTORIALS = ("operator", "gis")
MOST_BYTES, WIDEST = 6_000_000, 1600  # of the tutorials' pictures: all together, and one across
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<img[^>]+src=\"([^\"]+)\"")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_BOLD = re.compile(r"\*\*([^*]+)\*\*")


def links(page: Path) -> Iterator[str]:
    """Yield the targets of a page that lie in this folder."""
    for found in _LINK.finditer(_CODE.sub("", page.read_text(encoding="utf-8"))):
        target = found[1] or found[2]
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(
        r"^#+ (.+)$", re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL), re.MULTILINE
    )
    return {anchor(title) for title in titles}


def anchor(title: str) -> str:
    """Return the anchor of one heading: letters, digits, hyphens; blanks become hyphens."""
    kept = (c for c in title.lower().strip() if c in " -_" or unicodedata.category(c)[0] in "LNM")
    return "".join(kept).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_picture_is_there(page: Path):
    for target in links(page):
        path, _, part = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name}: {target}"
        if part and there.suffix == ".md":
            assert part in anchors(there), f"{page.name}: {target}"


def test_every_picture_is_shown_somewhere():
    shown = {(page.parent / target).resolve() for page in PAGES for target in links(page)}
    assert set(PICTURES.iterdir()) <= shown


def test_the_tutorials_say_what_stands_on_the_screen():
    table = tomllib.loads((ROOT / "qgis_plugin" / "i18n" / "zh.toml").read_text(encoding="utf-8"))
    words = {"en": set(), "zh": set()}
    for english, chinese in table.items():
        words["en"].add(english)
        words["zh"].add(chinese)
    for name in TUTORIALS:
        for language, end in (("en", ".md"), ("zh", ".zh.md")):
            text = (ROOT / "docs" / f"tutorial-{name}{end}").read_text(encoding="utf-8")
            said = {re.sub(r"^\d\.\d ", "", bold) for bold in _BOLD.findall(text)} - {
                "bold",
                "粗体",
            }  # tools: 2.3 Check
            starts = {one for one in said if any(word.startswith((f"{one} (", f"{one}（")) for word in words[language])}
            assert said - starts <= words[language], f"tutorial-{name}{end}"


def test_both_languages_of_a_tutorial_have_the_same_steps_and_pictures():
    for name in TUTORIALS:
        pages = [(ROOT / "docs" / f"tutorial-{name}{end}").read_text(encoding="utf-8") for end in (".md", ".zh.md")]
        steps = [re.findall(r"^## (\d+) ", page, re.MULTILINE) for page in pages]
        pictures = [re.findall(r"pictures/([\w-]+)\.(?:en|zh)\.jpg", page) for page in pages]
        assert steps[0] == steps[1]
        assert pictures[0] == pictures[1]


def test_the_tutorials_pictures_are_small():
    sizes = {path.name: path.stat().st_size for path in PICTURES.glob("tutorial-*.jpg")}
    assert sum(sizes.values()) <= MOST_BYTES
    assert all(width(PICTURES / name) <= WIDEST for name in sizes)


def width(path: Path) -> int:
    """Return the width of a JPEG, from the header of its frame."""
    data, place = path.read_bytes(), 2
    while data[place + 1] not in range(0xC0, 0xC4):
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return int.from_bytes(data[place + 7 : place + 9], "big")
