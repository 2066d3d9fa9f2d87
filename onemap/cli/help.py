"""Help pages in the caller's language, their frame too: what typer writes around our own sentences."""

import re
from typing import Any, Final

from typer.core import TyperCommand, TyperGroup

from .options import LANGUAGE, helped

_FRAME = {
    "ARGUMENTS_PANEL_TITLE": "Arguments",
    "OPTIONS_PANEL_TITLE": "Options",
    "COMMANDS_PANEL_TITLE": "Commands",
    "DEFAULT_STRING": "[default: {}]",
    "REQUIRED_LONG_STRING": "[required]",
}
_CLOSE, _OPEN = "、。，：；？！）》”’】…,", "（《“‘【"
_HAN = "\u3400-\u9fff"
_WORDS: Final = re.compile(rf"\s*(?=\S)[{_OPEN}]*(?:[{_HAN}]|(?:[^\s{_HAN}{_OPEN}{_CLOSE}]|,(?=\d))+)?[{_CLOSE}]*\s*")
"""Words for the end of a line: each Chinese character is one, with the marks that may not stand apart from it."""
_USAGE = ("Usage: ", "[OPTIONS]", "COMMAND [ARGS]...")


class _Told:
    """Says the frame of a help page in the caller's language."""

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]  # of the class that this is mixed into
        if option is not None:
            option.help = helped("Show this help and leave.")
        return option

    def get_usage(self, ctx: Any) -> str:
        usage: str = super().get_usage(ctx)  # type: ignore[misc]
        for word in _USAGE:
            usage = usage.replace(word, helped(word), 1)
        return usage

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from rich import _wrap

        _wrap.re_word = _WORDS  # what has no blanks and is longer than a line would be cut off
        if LANGUAGE != "en":
            from typer import rich_utils

            for name, word in _FRAME.items():
                setattr(rich_utils, name, helped(word))
        super().format_help(ctx, formatter)  # type: ignore[misc]


class ToldCommand(_Told, TyperCommand):
    """A verb."""


class ToldGroup(_Told, TyperGroup):
    """A group of verbs."""
