"""One writer at a time: a lock file beside the map, released by the system when its holder dies."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from onemap.errors import StoreError

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[str]) -> None:
        # the byte past the text: the holder's name stays readable for the one who is refused
        file.seek(4096)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
else:
    import fcntl

    def _take(file: IO[str]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock_path(path: Path) -> Path:
    """Return the lock file of a map."""
    return path.with_name(f".{path.name}.lock")


def _holder(lock: Path) -> str:
    try:
        facts = json.loads(lock.read_text(encoding="utf-8"))
        return f"process {facts['pid']} on {facts['host']}"
    except (OSError, ValueError, KeyError):
        return "another process"


def _acquire(path: Path) -> IO[str]:
    lock = lock_path(path)
    while True:
        try:
            file = lock.open("a+", encoding="utf-8")
        except OSError as error:
            raise StoreError(
                "{path}: cannot be written: {found}; the old map is untouched",
                path=path,
                found=error.strerror,
            ) from error
        try:
            _take(file)
        except OSError as error:
            holder = _holder(lock)
            file.close()
            raise StoreError(
                "{path}: is being written by {holder}; wait until it has finished", path=path, holder=holder
            ) from error
        try:
            same = os.path.samestat(os.fstat(file.fileno()), lock.stat())
        except FileNotFoundError:
            same = False
        if same:  # else the former holder removed the file between our open and our lock: take the new one
            return file
        file.close()


def make_folder(folder: Path) -> Path:
    """Make a folder, and those above it, where it is not there yet.

    Raises
    ------
    StoreError
        It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError("{path}: cannot be made ({why})", path=folder, why=error.strerror) from error
    return folder


@contextmanager
def writer(path: Path) -> Iterator[None]:
    """Hold the right to write ``path``, its folder made; a second writer is refused at once and told who holds it.

    Raises
    ------
    StoreError
        Another process writes the map, or its folder cannot be written.
    """
    make_folder(path.parent)
    file = _acquire(path)
    try:
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
        file.flush()
        yield
    finally:
        lock_path(path).unlink(missing_ok=True)
        file.close()
