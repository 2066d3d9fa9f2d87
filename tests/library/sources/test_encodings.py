"""Encodings: two hundred files in every encoding, lies, doubts; never a wrong character."""

import random
from itertools import pairwise
from pathlib import Path

import pytest

from onemap.errors import SourceError
from onemap.sources.dbf import read_dbf
from onemap.sources.encodings import canonical_name, judge_encoding
from onemap.sources.reading import ReadRequest, read

from .conftest import write_dbf

# every unified ideograph of GB 18030-2000: 20,902 of the basic block, 6,582 of extension A (four bytes each)
HAN = [chr(point) for point in (*range(0x4E00, 0x9FA6), *range(0x3400, 0x4DB6))]
SUFFIXES = ["家庄村", "社区居委会", "街道办事处", "镇人民政府", "路甲12号院", "小区3号楼2单元", "胡同", "大桥南路"]
TRADITIONAL = ["里辦公處", "區公所", "路一段", "國民小學", "街12號", "鄉公所"]


def names(chance: random.Random, rare: list[str], suffixes: list[str]) -> list[str]:
    return [f"{chance.choice('王李林大新小南北')}{one}{chance.choice(suffixes)}" for one in rare]


def slices() -> list[list[str]]:
    """Return all 27,484 ideographs in 100 shuffled slices."""
    han = HAN.copy()
    random.Random(18030).shuffle(han)
    edges = [round(len(han) * part / 100) for part in range(101)]
    return [han[start:end] for start, end in pairwise(edges)]


def rows_of(slice_: list[str], codec: str, chance: random.Random) -> list[str]:
    """Return place names with the rare characters of a slice, as far as the encoding has them."""
    rare = [one for one in slice_ if one.encode(codec, "ignore")]
    return names(chance, rare, TRADITIONAL if codec == "cp950" else SUFFIXES)


def test_two_hundred_files_are_read_without_one_wrong_character(tmp_path: Path) -> None:
    """100 CSV and 100 .dbf, by turns GB 18030, UTF-8, UTF-8 with mark, GBK, Big5 and UTF-16; none is declared."""
    chance = random.Random(2026)
    codecs = ["gb18030", "utf-8", "gb18030", "utf-8-sig", "gbk", "gb18030", "cp950", "utf-16"]
    in_dbf = {"utf-8-sig": "utf-8", "utf-16": "gb18030"}  # a .dbf has no marks
    seen: set[str] = set()
    wrong = characters = 0
    parts = slices()
    for number in range(100):
        codec = codecs[number % 8]
        rows = rows_of(parts[number], codec, chance)
        heading = "編號,地名,lon,lat" if codec == "cp950" else "编号,地名,经度,纬度"
        table = tmp_path / f"{number}.csv"
        table.write_text(f"{heading}\n" + "".join(f"{i:03d},{row},116.4,39.9\n" for i, row in enumerate(rows)), codec)
        wrong += read(ReadRequest(table, crs=4490)).frame["地名"].tolist() != rows
        codec = in_dbf.get(codec, codec)
        others = rows_of(parts[(number + 51) % 100], codec, chance)  # what GBK and Big5 lack comes in another encoding
        write_dbf(
            tmp_path / f"{number}.dbf", [("地名".encode(codec), "C", 80)], [[row.encode(codec)] for row in others]
        )
        wrong += read_dbf(tmp_path / f"{number}.dbf").table["地名"].tolist() != others
        seen |= set("".join(rows + others)) & set(HAN)
        characters += sum(map(len, rows + others))
    print(f"encodings: 200 files, {characters:,} characters, {len(seen):,} different ideographs, {wrong} with mojibake")
    assert seen == set(HAN)
    assert len(HAN) == 27_484
    assert wrong == 0


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        ("网格编码", "gbk", "GB18030"),
        ("经度,纬度", "gbk", "GB18030"),
        ("網格編碼", "big5", "Big5"),
        ("經度,緯度,鄉鎮", "big5", "Big5"),
        ("名称", "utf-8", "UTF-8"),
        ("name", "ascii", "UTF-8"),
        ("㑇家村", "gb18030", "GB18030"),
        ("网格", "utf-16", "UTF-16"),
    ],
)
def test_short_texts_are_judged_right(text: str, codec: str, encoding: str) -> None:
    assert judge_encoding([text.encode(codec)], path="a.csv").encoding == encoding


@pytest.mark.parametrize(
    ("text", "codec", "declared", "probable"),
    [
        ("朝阳门街道办事处", "gbk", "UTF-8", "GB18030"),
        ("朝阳门街道办事处", "utf-8", "GBK", "UTF-8"),
        ("朝阳门街道办事处", "gbk", "ISO-8859-1", "GB18030"),
        ("中正區公所辦公處", "big5", "GBK", "Big5"),
        ("朝阳门街道办事处", "gbk", "Big5", "GB18030"),
        ("朝阳门街道办事处", "utf-8-sig", "GBK", "UTF-8"),
    ],
)
def test_a_wrong_declaration_is_an_error_that_says_what_it_is(
    text: str, codec: str, declared: str, probable: str
) -> None:
    with pytest.raises(SourceError) as caught:
        judge_encoding([text.encode(codec) * 3], path="a.dbf", declared=declared, by=".cpg")
    assert f".cpg says {canonical_name(declared)}" in str(caught.value)
    assert probable in str(caught.value)
    assert "声明" in caught.value.text("zh")


def test_a_text_that_nothing_reads_names_the_place() -> None:
    data = "朝阳门街道".encode() + b"\xff" + "办事处".encode()
    with pytest.raises(SourceError, match=r"UTF-8 comes farthest, to byte 16: repair it there"):
        judge_encoding([data], path="a.csv")


def test_an_even_chance_is_refused() -> None:
    """Two bytes that are a common character in both: a coin would have to decide."""
    with pytest.raises(SourceError, match="cannot be told"):
        judge_encoding(["岸".encode("gbk")], path="a.csv")


def test_an_unknown_declaration_is_refused() -> None:
    with pytest.raises(SourceError, match="names an unknown encoding, klingon"):
        judge_encoding([b"abc"], path="a.csv", declared="klingon")


def test_western_text_is_not_taken_for_chinese() -> None:
    with pytest.raises(SourceError, match=r"declare it with encoding=|no encoding reads"):
        judge_encoding(["Café à Montréal, où les élèves étudient".encode("latin-1")], path="a.csv")
    judged = judge_encoding(["Café à Montréal".encode("latin-1")], path="a.csv", declared="latin-1")
    assert judged.encoding == "ISO-8859-1"
