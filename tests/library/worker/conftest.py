"""A published map of the small sample city, and a worker process to talk to."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

ROOT = Path(__file__).resolve().parents[3]


class Client:
    """What a program does: write a line, read lines until the answer with its id."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "ONEMAP_LANG": "en"}
        self.process = subprocess.Popen(
            [sys.executable, "-X", "utf8", "-m", "onemap", "worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self.heard: Queue = Queue()
        threading.Thread(target=self._hear, daemon=True).start()
        self.words: list[bytes] = []
        threading.Thread(target=lambda: self.words.extend(self.process.stderr), daemon=True).start()

    def _hear(self) -> None:
        with contextlib.suppress(ValueError):  # a test closed the stream
            for line in self.process.stdout:
                self.heard.put(json.loads(line))

    def send(self, request_id, verb, **args) -> None:
        self.send_bytes(json.dumps({"id": request_id, "verb": verb, "args": args}).encode() + b"\n")

    def send_bytes(self, line: bytes) -> None:
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def next(self) -> dict:
        return self.heard.get(timeout=20)

    def wait_for(self, request_id) -> tuple[dict, list[dict]]:
        """Return the answer and everything that was heard before it."""
        before = []
        while True:
            message = self.next()
            if message["id"] == request_id and "progress" not in message:
                return message, before
            before.append(message)

    def ask(self, request_id, verb, **args) -> dict:
        self.send(request_id, verb, **args)
        return self.wait_for(request_id)[0]

    def end(self) -> int:
        if not self.process.stdin.closed:
            self.process.stdin.close()
        return self.process.wait(timeout=60)


@pytest.fixture(scope="session")
def city(tmp_path_factory) -> Path:
    """Return the folder of the small sample city with its published map in ``out``."""
    import onemap
    from onemap.testing import write_city

    folder = tmp_path_factory.mktemp("city")
    manifest = write_city(folder / "city", size="small")
    onemap.build_base_map(manifest, folder / "out")
    return folder


@pytest.fixture
def worker() -> Iterator[Client]:
    client = Client()
    yield client
    client.process.kill()
    client.process.wait()
