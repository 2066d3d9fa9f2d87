"""The plugin's sentences: English in the source, Chinese in `i18n/zh.toml`, chosen by QGIS's own language.

The same way as `onemap.translation`, and for the same reasons: templates are literals, values are filled in after
translating, and a test can tell whether a sentence lacks its Chinese. No translator object is installed, so that
Qt asks no Python code for its own texts.
"""

import re
import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from qgis.core import QgsApplication

from .onemap.translation import translate as translate_sentence

_SQUARE = re.compile(r"(?<=\d )(k?m)2\b")


def language() -> str:
    """Return ``"zh"`` where QGIS speaks any Chinese, else ``"en"``."""
    return _spoken(QgsApplication.locale)


@lru_cache
def _spoken(locale: Callable[[], str]) -> str:
    """Ask QGIS once: it looks into its settings each time, and each row of a list asks several times."""
    return "zh" if locale().lower().startswith("zh") else "en"


@lru_cache(maxsize=1)
def sentences() -> dict[str, str]:
    """Return the plugin's templates, English to Chinese."""
    path = Path(__file__).parent / "i18n" / "zh.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def tr(template: str, /, **values: object) -> str:
    """Return the plugin's sentence in QGIS's language, its fields filled."""
    return speaker(language())(template, **values)


def speaker(spoken: str) -> Callable[..., str]:
    """Return `tr` for one language: a project may speak another than the QGIS that makes it."""

    def say(template: str, /, **values: object) -> str:
        text = sentences().get(template, template) if spoken == "zh" else template
        return text.format(**values) if values else text

    return say


def spoken(sentence: str) -> str:
    """Return a finished English sentence of the library (a `reason`) in QGIS's language."""
    return squared(translate_sentence(sentence, language()))


def squared(sentence: str) -> str:
    """Return a sentence of the library with its square metres as the plugin's lists write them."""
    return _SQUARE.sub(r"\1²", sentence)


def title_of(spec) -> str:
    """Return the title of a layer, class or field definition in QGIS's language."""
    return spec.title_zh if language() == "zh" else spec.title_en
