"""The library as a companion process: requests and answers as JSON lines on stdin and stdout, one map kept warm."""

from onemap.worker.protocol import MOST_BYTES, PROTOCOL
from onemap.worker.session import Session, serve

__all__ = ["MOST_BYTES", "PROTOCOL", "Session", "serve"]
