"""Which encoding is a text in: declared, else judged on the evidence of the whole text, else refused.

Every candidate must decode the whole text strictly. Among those that do, the likelier one is taken: each
character has a probability by its class (in daily use in names and addresses, level 1, level 2, rare, private
use), with the levels of GB 2312-80 and Big5, whose common characters stand in blocks of their own. A text whose
two best readings are about as likely, or whose best reading is mostly rare characters, is refused.
"""

import codecs
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from onemap.errors import SourceError
from onemap.translation import say

CANDIDATES = ("UTF-8", "GB18030", "Big5")
_CODECS = {"UTF-8": ("utf-8",), "GB18030": ("gb18030",), "Big5": ("cp950", "big5hkscs")}
_NAMES = {
    "utf8": "UTF-8", "utf8sig": "UTF-8", "65001": "UTF-8", "cp65001": "UTF-8", "utf16": "UTF-16",
    "gb2312": "GB18030", "gbk": "GB18030", "gb18030": "GB18030", "936": "GB18030", "cp936": "GB18030",
    "ms936": "GB18030", "ansi936": "GB18030", "euccn": "GB18030", "chs": "GB18030",
    "big5": "Big5", "big5hkscs": "Big5", "950": "Big5", "cp950": "Big5", "ansi950": "Big5", "cht": "Big5",
    "88591": "ISO-8859-1", "iso88591": "ISO-8859-1", "latin1": "ISO-8859-1",
    "1252": "cp1252", "ansi1252": "cp1252", "windows1252": "cp1252",
}  # fmt: skip
_BOMS = (
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_BLOCK = 4 * 1024 * 1024
_SAMPLE = 50_000  # characters beyond ASCII, more than any judgement needs
_SINGLE_BYTE = re.compile(r"iso.?8859|cp1?25|cp437|cp85|cp86|latin|ascii|koi", re.IGNORECASE)

# in daily use in names, addresses and headings of districts, simplified and traditional
_DAILY = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
    "十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形"
    "相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展"
    "五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战"
    "先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白"
    "教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且"
    "究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值"
    "号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严龙飞"
    "街道社区村镇乡委居路巷弄里号楼幢栋单元室层门牌小园苑庄屯桥湖河塘溪港湾岭坡坪坝沟洼店铺市场广场公司学校医院派出所站台塔亭寺庙"
    "网格编码名称类型面积经纬度坐标地址备注联系电话责任日期状态案卷来源描述所属部门负责编号姓名性别朝阳海淀丰台西城东昌平通州房山大兴怀柔密云延庆顺义"
    "浦东黄埔徐汇宁静虹口杨闵行宝嘉定松青奉贤崇明闸卢普陀陕甘肃渝赣闽粤桂琼滇黔蜀晋冀鲁豫鄂湘皖苏浙沪津辽吉黑蒙宁藏疆"
    "區鄉鎮號樓鄰縣東門龍橋園場廣長灣嶺溝鋪醫學校會國臺灣縣處務業開關機電車馬風雲華萬興陽陰頭廠館園莊濱鐵廟總稱編碼類積經緯標責態來話聯繫備註負"
    "為無與對時這個們後說過還進種麼沒將從點裡產動發當樣實現數資訊義務應該權單據戶證圖線網邊條層級員組專項統計劃設備維護養護"
)
_PUNCTUATION = frozenset("、。《》〈〉【】「」『』“”‘’—…·") | frozenset(map(chr, (0x3000, *range(0xFF01, 0xFF5F))))
_CLOSE = 3.0  # nats between the two best readings: below, a coin decides rather than the evidence
_RARE_SHARE = 0.6


@dataclass(frozen=True)
class Judged:
    """An encoding, the Python codec that reads it, and the sentence that says on what ground it was taken."""

    encoding: str
    codec: str
    ground: str


def canonical_name(name: str) -> str | None:
    """Return the name used here for an encoding, or None where Python knows none.

    Examples
    --------
    >>> canonical_name("cp936"), canonical_name("ANSI 1252"), canonical_name("klingon")
    ('GB18030', 'cp1252', None)
    """
    folded = re.sub(r"[^a-z0-9]", "", name.strip().casefold())
    if folded in _NAMES:
        return _NAMES[folded]
    for candidate in (name.strip(), f"cp{folded}"):
        try:
            return codecs.lookup(candidate).name
        except (LookupError, ValueError):
            continue
    return None


def judge_encoding(
    chunks: Sequence[bytes], *, path: Any, declared: str | None = None, by: str = "encoding=", weak: str = ""
) -> Judged:
    """Return the encoding of a text.

    Parameters
    ----------
    chunks
        All of the text, in pieces that end at whole characters.
    path
        The file, for messages.
    declared
        The encoding that ``by`` (the caller, a .cpg file, the language byte of a .dbf) declares.
    weak
        An encoding to be taken when the text is none of `CANDIDATES`: a default that tools write unasked.

    Raises
    ------
    SourceError
        The declaration is unknown or wrong, or the text cannot be told.

    Examples
    --------
    >>> judge_encoding(["网格编码，街道名称".encode("gbk")], path="a.csv").encoding
    'GB18030'
    """
    data = b"\n".join(chunks)
    bom = next((name for mark, name in _BOMS if data.startswith(mark)), None)
    if declared is not None:
        return _kept_to(data, declared, by, path, bom)
    if bom is not None:
        codec = "utf-8-sig" if bom == "UTF-8" else "utf-16"
        _strict(data, codec, bom, "BOM", path)
        return Judged(bom, codec, say("encoding {encoding}: it begins with a byte order mark", encoding=bom))
    if data.isascii():
        return Judged("UTF-8", "utf-8", say("encoding: all characters are plain ASCII"))
    readings = _readings(data)
    best = _best(readings)
    if best is None and weak:
        codec = _codec(weak)
        _strict(data, codec, weak, ".dbf (LDID)", path)
        return Judged(weak, codec, say("encoding {encoding}: by the language byte of the .dbf", encoding=weak))
    if best is None:
        raise _undecided(data, readings, path)
    return Judged(best.encoding, best.codec, _ground(best))


def _undecided(data: bytes, readings: list["_Reading"], path: Any) -> SourceError:
    """Return the error for a text whose encoding is not told by its bytes."""
    if readings:
        return SourceError(
            "{path}: the encoding cannot be told (it reads as {candidates}); declare it with encoding=",
            path=path,
            candidates=", ".join(reading.encoding for reading in readings),
        )
    reached = {encoding: max(_sound(data, codec) for codec in _CODECS[encoding]) for encoding in CANDIDATES}
    nearest = max(reached, key=lambda encoding: reached[encoding])
    return SourceError(
        "{path}: no encoding reads all of the text; {nearest} comes farthest, to byte {at}: repair it there",
        path=path,
        nearest=nearest,
        at=reached[nearest] + 1,
    )


def _sound(data: bytes, codec: str) -> int:
    """Return how many bytes of ``data`` can be decoded before the first that cannot; by blocks, to spare memory."""
    decoder = codecs.getincrementaldecoder(codec)()
    for start in range(0, len(data), _BLOCK):
        block = data[start : start + _BLOCK]
        kept = len(decoder.getstate()[0])  # bytes of a character that began in the block before
        try:
            decoder.decode(block, final=start + _BLOCK >= len(data))
        except UnicodeDecodeError as error:
            return start - kept + error.start
    return len(data)


def _ground(best: "_Reading") -> str:
    if best.encoding == "UTF-8":
        return say("encoding UTF-8: not declared, but all of the text keeps to its rules")
    return say(
        "encoding {encoding}: not declared, but all of the text keeps to it, and {common} of its characters are common",
        encoding=best.encoding,
        common=f"{1 - best.rare:.0%}",
    )


@dataclass(frozen=True)
class _Reading:
    encoding: str
    codec: str
    score: float
    rare: float
    characters: int


def _readings(data: bytes) -> list[_Reading]:
    """Return every candidate that decodes all of ``data``, the likeliest first."""
    found = []
    for encoding in CANDIDATES:
        codec = next((one for one in _CODECS[encoding] if _decodes(data, one)), None)
        if codec is not None:
            found.append(_Reading(encoding, codec, *_score(_sample(data, codec), encoding)))
    return sorted(found, key=lambda reading: -reading.score)


def _best(readings: list[_Reading]) -> _Reading | None:
    """Return the reading that the evidence carries, or None."""
    if not readings or readings[0].rare > _RARE_SHARE:
        return None
    if len(readings) > 1 and readings[0].score - readings[1].score < _CLOSE:
        return None
    return readings[0]


def _sample(data: bytes, codec: str) -> str:
    """Return the first characters beyond ASCII."""
    decoder = codecs.getincrementaldecoder(codec)()
    found = ""
    for start in range(0, len(data), _SAMPLE):
        text = decoder.decode(data[start : start + _SAMPLE])
        found += "".join(re.findall(r"[^\x00-\x7f]+", text))
        if len(found) >= _SAMPLE:
            break
    return found[:_SAMPLE]


def _score(sample: str, encoding: str) -> tuple[float, float, int]:
    """Return log-likelihood, share of rare characters and number of the characters beyond ASCII."""
    counts = Counter(sample)
    total = sum(counts.values())
    score = 0.0
    rare = 0
    for character, count in counts.items():
        value, is_rare = _weight(character, encoding)
        score += count * value
        rare += count * is_rare
    return score, rare / max(total, 1), total


def _log(share: float, size: int) -> float:
    return math.log(share / size)


@lru_cache(maxsize=100_000)
def _weight(character: str, encoding: str) -> tuple[float, bool]:  # noqa: PLR0911 - one a class
    """Return the log-probability of a character in a text of ``encoding``, and whether it is rare there.

    A rare ideograph is in place where the encoding spends four bytes on it (GB18030, UTF-8): nothing else has
    that form, and place names need it.
    """
    point = ord(character)
    if character in _DAILY:
        return _log(0.5, len(_DAILY)), False
    if character in _PUNCTUATION:
        return _log(0.05, len(_PUNCTUATION)), False
    if 0x4E00 <= point <= 0x9FFF:  # noqa: PLR2004 - the block of unified ideographs
        return _ideograph(character, encoding)
    if 0x3400 <= point <= 0x4DBF or 0x20000 <= point <= 0x3FFFF:  # noqa: PLR2004 - extensions A to J
        return _log(0.001, 60_000), encoding == "Big5"
    if 0xE000 <= point <= 0xF8FF or point >= 0xF0000:  # noqa: PLR2004 - private use
        return _log(1e-6, 6400), True
    if encoding == "UTF-8":
        return _log(0.02, 2000), False
    return _log(0.002, 1000), True


def _ideograph(character: str, encoding: str) -> tuple[float, bool]:
    """Return weight and rareness of a unified ideograph by the levels of GB 2312 and of Big5."""
    best = (_log(0.004, 21_000), encoding != "UTF-8")
    if encoding != "Big5" and (lead := _lead(character, "gb2312")):
        best = max(best, (_log(0.4, 3755), False) if lead <= 0xD7 else (_log(0.03, 3008), False))  # noqa: PLR2004
    if encoding != "GB18030" and (lead := _lead(character, "big5")):
        best = max(best, (_log(0.4, 5401), False) if lead <= 0xC6 else (_log(0.01, 7652), True))  # noqa: PLR2004
    return best


def _lead(character: str, codec: str) -> int:
    """Return the first byte of a character in ``codec``, 0 where it has none."""
    try:
        return character.encode(codec)[0]
    except UnicodeEncodeError:
        return 0


def _codec(encoding: str) -> str:
    return _CODECS.get(encoding, (encoding,))[0]


def _decodes(data: bytes, codec: str) -> bool:
    return _sound(data, codec) == len(data)


def _strict(data: bytes, codec: str, encoding: str, by: str, path: Any) -> None:
    """Check that all of ``data`` is what ``by`` says."""
    reached = _sound(data, codec)
    if reached < len(data):
        best = _best(_readings(data))
        raise SourceError(
            "{path}: {by} says {declared}, but byte {at} is not; the text is probably {probable}; declare encoding=",
            path=path,
            by=by,
            declared=encoding,
            at=reached + 1,
            probable=best.encoding if best and best.encoding != encoding else "none of those known",
        )


def _kept_to(data: bytes, declared: str, by: str, path: Any, bom: str | None) -> Judged:
    """Return the declared encoding after checking that the text keeps to it."""
    encoding = canonical_name(declared)
    if encoding is None:
        raise SourceError("{path}: {by} names an unknown encoding, {declared}", path=path, by=by, declared=declared)
    codecs_of = _CODECS.get(encoding, (encoding,))
    if bom is not None:
        if bom != encoding:
            _refuse(path, by, encoding, bom)
        codecs_of = ("utf-8-sig" if bom == "UTF-8" else "utf-16",)
    codec = next((one for one in codecs_of if _decodes(data, one)), codecs_of[0])
    _strict(data, codec, encoding, by, path)
    if bom is None and not data.isascii():
        _look_for_a_lie(data, encoding, by, path)
    return Judged(encoding, codec, say("encoding {encoding}: declared by {by}", encoding=encoding, by=by))


def _look_for_a_lie(data: bytes, encoding: str, by: str, path: Any) -> None:
    """Refuse a declaration that decodes but is plainly not meant.

    Latin-1 decodes anything, and GBK decodes much UTF-8: a lie is called one when the evidence for another
    encoding is beyond doubt, that is several characters and ten times the usual margin.
    """
    readings = _readings(data)
    best = _best(readings)
    if best is None or best.encoding == encoding or best.characters < 4:  # noqa: PLR2004 - a name or two
        return
    own = next((reading for reading in readings if reading.encoding == encoding), None)
    single = own is None and _SINGLE_BYTE.match(encoding) is not None
    if (own is not None and best.score - own.score > 10 * _CLOSE) or (single and best.rare < 0.1):  # noqa: PLR2004
        _refuse(path, by, encoding, best.encoding)


def _refuse(path: Any, by: str, declared: str, probable: str) -> None:
    raise SourceError(
        "{path}: {by} says {declared}, but the text is {probable}; declare encoding={probable}",
        path=path,
        by=by,
        declared=declared,
        probable=probable,
    )
