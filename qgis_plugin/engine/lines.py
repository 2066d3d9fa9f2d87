"""The worker's language: one JSON object a line, cut out of bytes as they come. Standard library only."""

import json
from dataclasses import dataclass

PROTOCOL = 1


@dataclass(frozen=True)
class Message:
    """One line that the worker wrote.

    Attributes
    ----------
    id
        Number of the request; None where the worker could not read it.
    kind
        "answer" "error" or "progress".
    content
        The answer's, the error's or the progress's own members.
    """

    id: int | None
    kind: str
    content: dict


def request_line(number: int, verb: str, arguments: dict) -> bytes:
    """Return one request as the worker reads it."""
    asked = {"id": number, "verb": verb, "args": arguments}
    return json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class Lines:
    """Cuts the worker's bytes into messages; what is no message is kept apart."""

    def __init__(self) -> None:
        self._rest = b""
        self.strange: list[str] = []

    def feed(self, data: bytes) -> list[Message]:
        """Take the next bytes and return the messages that they complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [message for line in lines if line.strip() and (message := self._message(line)) is not None]

    def _message(self, line: bytes) -> Message | None:
        try:
            told = json.loads(line)
            if "progress" in told:
                return Message(told["id"], "progress", dict(told["progress"]))
            if told["ok"]:
                return Message(told["id"], "answer", dict(told["answer"]))
            return Message(told["id"], "error", dict(told["error"]))
        except (ValueError, KeyError, TypeError):
            self.strange = [*self.strange[-99:], line.decode("utf-8", "replace")]
            return None
