"""What the library says on its two streams, put into objects. Standard library only.

stderr: progress, one JSON object a line (`{"share": 0.4, "text": "..."}`), between lines meant for a person;
stdout: one JSON object, the answer.
"""

import json
from dataclasses import dataclass

BAD_INPUT = 2
SPEAKER = "onemap: "  # stands before the library's sentence to a person
KEPT_LINES = 200


@dataclass(frozen=True)
class Step:
    """Progress: share done (0 to 1) and what is being done."""

    share: float
    text: str


class Listener:
    """Cuts the bytes of the error stream into lines; keeps apart progress and words."""

    def __init__(self) -> None:
        self._rest = b""
        self.words: list[str] = []

    def feed(self, data: bytes) -> list[Step]:
        """Take the next bytes and return the progress found in the lines they complete."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        return [step for line in lines if (step := self._line(line)) is not None]

    def finish(self) -> list[Step]:
        """Take what stands after the last line break."""
        return self.feed(b"\n") if self._rest else []

    def _line(self, line: bytes) -> Step | None:
        text = line.decode("utf-8", "replace").strip()
        if text.startswith("{"):
            try:
                told = json.loads(text)
                return Step(min(max(float(told["share"]), 0.0), 1.0), str(told.get("text", "")))
            except (ValueError, KeyError, TypeError):
                pass  # a person's line that happens to start with a brace
        if text:
            text = text.removeprefix(SPEAKER)
            self.words = [*self.words[-KEPT_LINES:], text]
        return None


def answer(stdout: bytes) -> dict:
    """Return the library's answer; raises ValueError when its last line is not a JSON object."""
    lines = [line for line in stdout.decode("utf-8", "replace").splitlines() if line.strip()]
    found = json.loads("\n".join(lines)) if lines else {}
    if not isinstance(found, dict):
        message = "not a JSON object"
        raise ValueError(message)  # noqa: TRY004 - one kind of error for one kind of fault
    return found
