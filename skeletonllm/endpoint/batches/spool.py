"""A file of requests that grows until it is sent."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from typing import IO, Final

from skeletonllm.endpoint.request import ChatRequest
from skeletonllm.endpoint.tokens import bound_input_tokens, count_input_tokens

URL: Final = "/v1/chat/completions"
"""What the Batch API calls the endpoint of a row, whatever the path of the base URL."""


@dataclass(frozen=True)
class Row:
    """What is remembered of a request in a file.

    Args:
        key: Of the request; the ``custom_id`` of its row.
        model: That is asked.
        tokens: Input tokens by the formula.
        tokens_in: Input tokens at worst.
        tokens_out: Most output tokens.
        end: Where its line ends in the file.
    """

    key: str
    model: str
    tokens: int
    tokens_in: int
    tokens_out: int
    end: int


class Spool:
    """Requests in a temporary file, which vanishes with the process.

    Nothing is lost by that: what was not sent is collected again, as it has no answer.
    """

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.file: IO[bytes] = tempfile.TemporaryFile(prefix="skeletonllm-batch-")  # noqa: SIM115

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def size(self) -> int:
        """Bytes so far."""
        return next(reversed(self.rows.values())).end if self.rows else 0

    def add(self, request: ChatRequest, line: bytes) -> None:
        """Add a request.

        Args:
            request: Not yet in it.
            line: As :func:`make_line` writes it.
        """
        self.file.write(line)
        self.rows[request.key] = Row(
            request.key,
            request.model,
            count_input_tokens(request),
            bound_input_tokens(request),
            request.sampling.max_tokens,
            self.size + len(line),
        )

    def cut(self, most: int) -> None:
        """Leave out all rows but the first ones.

        Args:
            most: How many stay.
        """
        self.rows = dict(list(self.rows.items())[:most])
        self.file.truncate(self.size)

    def close(self) -> None:
        """Delete the file."""
        self.file.close()


def make_line(request: ChatRequest) -> bytes:
    """A request as a line of a batch's file."""
    row = {"custom_id": request.key, "method": "POST", "url": URL, "body": request.body()}
    return (json.dumps(row, separators=(",", ":")) + "\n").encode()
