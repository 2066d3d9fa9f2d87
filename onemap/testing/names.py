"""Believable Chinese names for the sample city; the words stand in ``names.toml``."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Return the lists of words by what they name."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def pairs(first: list[str], last: list[str], count: int, rng: np.random.Generator) -> list[str]:
    """Return ``count`` names made of two parts, all different as long as there are enough."""
    every = [
        a + middle + b
        for middle in ("", *"东西南北前后中上下新")
        for a, b in rng.permutation([(a, b) for a in first for b in last])
    ]
    return [every[i % len(every)] for i in range(count)]


def people(count: int, rng: np.random.Generator) -> list[str]:
    """Return names of people."""
    surnames, given = words()["surnames"], words()["given"]
    first = rng.integers(len(surnames), size=count)
    second = rng.integers(len(given), size=(count, 2))
    short = rng.random(count) < 0.3  # noqa: PLR2004
    return [
        surnames[a] + given[b] + ("" if alone else given[c])
        for a, (b, c), alone in zip(first, second, short, strict=True)
    ]


_CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_codes(district: str, count: int, rng: np.random.Generator) -> list[str]:
    """Return unified social credit codes (GB 32100) with right check signs, of a fictional district.

    Positions: authority 9, class 1 or 2, six digits of the district, nine signs of the organisation (the last
    its own check sign after GB 11714), check sign modulo 31 with weights 3**i.
    """
    codes = []
    for number in rng.choice(9_999_999, size=count, replace=False) * 10 + 1:
        body = f"{number:08d}"
        own = 11 - sum(int(c) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
        code = f"9{1 + number % 2}{district}{body}{'X' if own == 10 else own % 11}"  # noqa: PLR2004
        total = sum(_CREDIT_SIGNS.index(c) * pow(3, i, 31) for i, c in enumerate(code) if c in _CREDIT_SIGNS)
        codes.append(code + _CREDIT_SIGNS[(31 - total % 31) % 31])
    return codes
