"""What the library says at a command line, as it makes sense in QGIS's log: no options, no file that nobody finds."""

import re
from collections.abc import Iterable

_OPTION = r"--[a-z]"
_ASIDE = re.compile(rf"\s*[（(][^()（）]*{_OPTION}[^()（）]*[)）]")
_HINT = re.compile(rf"\s*[:：]\s*(?:用 )?{_OPTION}.*$")
_PART = re.compile(r"(;\s+|；)")


def for_the_log(sentences: Iterable[str], file: str) -> list[str]:
    """Return the sentences without the parts about options of the command line and about a temporary file.

    Parameters
    ----------
    file
        The file that the verb wrote for this plugin alone; empty: none.
    """
    told = (_plain(sentence, file) for sentence in sentences)
    return [sentence for sentence in told if sentence.strip()]


def _plain(sentence: str, file: str) -> str:
    pieces = _PART.split(_HINT.sub("", _ASIDE.sub("", sentence)))
    kept = ""
    for number in range(0, len(pieces), 2):
        piece = pieces[number]
        if (file and file in piece) or re.search(rf"(?<!\w){_OPTION}", piece):
            continue
        kept += (pieces[number - 1] if kept else "") + piece
    return kept
