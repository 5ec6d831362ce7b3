"""Answers survive their JSON, also one that a later version wrote."""

from __future__ import annotations

import hashlib
import json

from skeletonllm.endpoint.answer import Answer

ANSWER = Answer("0" * 64, "answered", "Grüße\n\u2028", "stop", "m", "m-1", 3, 4, 5, 0.1)


def test_an_answer_survives_its_json() -> None:
    assert Answer.from_json(json.loads(json.dumps(ANSWER.to_json()))) == ANSWER


def test_keys_of_later_versions_are_left_out() -> None:
    assert Answer.from_json({**ANSWER.to_json(), "later": 1}) == ANSWER


def test_the_hash_is_of_the_text_in_utf8() -> None:
    assert ANSWER.sha256 == hashlib.sha256("Grüße\n\u2028".encode()).hexdigest()
