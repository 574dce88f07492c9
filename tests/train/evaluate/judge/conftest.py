"""The server that misbehaves."""

from tests.train.evaluate.server.fake import server

__all__ = ["server"]
