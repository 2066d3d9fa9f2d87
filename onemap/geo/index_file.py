"""One file of arrays that processes map into memory together, and that shows when it is not what was written.

The file starts with a line that names the format, then a line of JSON (facts, and for each array its name, type, shape,
place and checksum), then the arrays, each at a multiple of 64 bytes. It appears whole or not at all.
"""

import json
import mmap
import os
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from onemap.errors import StoreError

_FORMAT: Final = b"onemap arrays 1\n"
_ALIGN: Final = 64


def write_arrays(path: Path, facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays and facts (what JSON can say) to a file, in place of the one that may be there.

    Raises
    ------
    StoreError
        The file cannot be written.
    """
    listed, place = [], 0
    solid = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    for name, array in solid.items():
        listed.append(
            [name, array.dtype.str, array.shape, place, zlib.crc32(array.data.cast("B") if array.size else b"")]
        )
        place += -(-array.nbytes // _ALIGN) * _ALIGN
    head = json.dumps({"facts": dict(facts), "arrays": listed, "bytes": place}, ensure_ascii=False).encode()
    head = _FORMAT + b"%08x " % zlib.crc32(head) + head + b"\n"
    head += b"\n" * (-len(head) % _ALIGN)
    try:
        handle, temporary = tempfile.mkstemp(prefix=path.name, suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(head)
                for array in solid.values():
                    file.write(array.data)
                    file.write(b"\0" * (-array.nbytes % _ALIGN))
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError("{path}: the index cannot be written: {why}", path=path, why=error.strerror) from error


def read_arrays(path: Path, *, verify: bool = True) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Map the arrays of a file into memory, for reading only; return its facts and its arrays.

    Parameters
    ----------
    path
        A file that `write_arrays` wrote.
    verify
        Compare the checksums of all arrays, not only of the head.

    Raises
    ------
    StoreError
        There is no such file, or it is not what was written.
    """
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # an empty file cannot be mapped
        raise StoreError("{path}: the index cannot be read: {why}", path=path, why=str(error)) from error
    damaged = StoreError("{path}: the index is damaged", path=path)
    end = mapped.find(b"\n", len(_FORMAT))
    if mapped[: len(_FORMAT)] != _FORMAT or end < 0:
        raise damaged
    checksum, _, text = mapped[len(_FORMAT) : end].partition(b" ")
    if checksum != b"%08x" % zlib.crc32(text):
        raise damaged
    head = json.loads(text)
    begin = -(-(end + 1) // _ALIGN) * _ALIGN
    if len(mapped) != begin + head["bytes"]:
        raise damaged
    arrays = {}
    for name, kind, shape, place, expected in head["arrays"]:
        count = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(mapped, dtype=kind, count=count, offset=begin + place)
        if verify and zlib.crc32(array.data.cast("B") if count else b"") != expected:
            raise damaged
        arrays[name] = array.reshape(shape)
    return head["facts"], arrays
