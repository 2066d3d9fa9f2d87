"""The errors of onemap: for input that cannot be worked on. Findings are rows, never errors.

A message is a sentence template with its values, so that the same error speaks English and Chinese: what was
looked at (file, layer, row), what was found, what is needed.
"""

import re
from collections.abc import Iterable
from typing import Any, Self

from .translation import say

_CUT_SHORT = re.compile(r"(.*) and (\d+) more", re.DOTALL)


class OnemapError(Exception):
    """Base of all errors that onemap raises on purpose.

    Parameters
    ----------
    template
        English sentence with ``{name}`` fields; its Chinese stands in ``onemap/translations``.
    **values
        Values of the fields.

    Examples
    --------
    >>> error = OnemapError("{path}: no such file", path="a.shp")
    >>> str(error)
    'a.shp: no such file'
    """

    def __init__(self, template: str, /, **values: Any) -> None:
        self.template = template
        self.values = values
        super().__init__(say(template, "en", **values))

    @classmethod
    def missing(cls, module: str, extra: str) -> Self:
        """Return the error of a package that is not there: how onemap is installed with it, from its source or wheels.

        Examples
        --------
        >>> print(StoreError.missing("pyarrow", "parquet").text("zh").partition("；")[0])
        未安装 pyarrow：请在 onemap 源码目录中运行 pip install ".[parquet]"
        """
        return cls(
            '{module} is not installed: in the folder of onemap\'s source run pip install ".[{extra}]", '
            'or with a folder of wheels pip install --no-index --find-links WHEELS "onemap[{extra}]"',
            module=module,
            extra=extra,
        )

    def text(self, language: str = "en") -> str:
        """Return the message in ``language`` (``"en"`` or ``"zh"``)."""
        return say(self.template, language, **{name: _said(value, language) for name, value in self.values.items()})


def _said(value: Any, language: str) -> Any:
    """Return a value in ``language``: a cause, or a list of ids that `some` cut short."""
    if isinstance(value, OnemapError):
        return value.text(language)
    cut = _CUT_SHORT.fullmatch(value) if isinstance(value, str) and language != "en" else None
    return value if cut is None else say("{codes} and {count} more", language, codes=cut[1], count=cut[2])


class SourceError(OnemapError):
    """A file cannot be read: missing, damaged, refused, or in an encoding that it does not keep to."""


class CrsError(OnemapError):
    """A coordinate system is missing, unknown, contradicted by the file, or not allowed here."""


class SchemaError(OnemapError):
    """Columns, a manifest, a layer definition or an argument is not as it must be."""


class GeometryError(OnemapError):
    """Geometries are of the wrong kind or beyond repair."""


class StoreError(OnemapError):
    """The one map cannot be written, is locked, or is damaged."""


class Cancelled(OnemapError):  # noqa: N818 - nothing went wrong: the user stopped it
    """The user stopped the work; what was there before is untouched."""


def some(ids: Iterable[Any], *, most: int = 5) -> str:
    """Name up to five ids and count the rest, for messages.

    Examples
    --------
    >>> some(range(8))
    '0, 1, 2, 3, 4 and 3 more'
    """
    names = [str(i) for i in ids]
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
