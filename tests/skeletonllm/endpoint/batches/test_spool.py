"""A file of requests: its lines, its size, and how it is cut."""

from __future__ import annotations

import json

from skeletonllm.endpoint.batches.spool import Spool, make_line
from skeletonllm.endpoint.request import ChatRequest, Message, Sampling


def make(number: int) -> ChatRequest:
    words = "Explain. " * (number + 1)
    return ChatRequest(
        "http://127.0.0.1:1/v1", "m", (Message("user", (words,)),), Sampling(max_tokens=7), "p/1"
    )


def test_a_line_is_a_request_of_the_batch_api() -> None:
    row = json.loads(make_line(make(0)))
    assert (row["custom_id"], row["method"]) == (make(0).key, "POST")
    assert (row["url"], row["body"]) == ("/v1/chat/completions", make(0).body())


def test_a_file_is_cut_after_a_row_and_knows_its_size() -> None:
    spool, lines = Spool(), [make_line(make(n)) for n in range(4)]
    assert spool.size == 0
    for number, line in enumerate(lines):
        spool.add(make(number), line)
    assert (len(spool), spool.size) == (4, sum(map(len, lines)))
    spool.cut(2)
    assert [*spool.rows] == [make(0).key, make(1).key]
    assert spool.size == len(lines[0] + lines[1])
    spool.file.seek(0)
    assert spool.file.read() == lines[0] + lines[1]
    assert spool.rows[make(1).key].tokens_out == 7
    spool.close()
