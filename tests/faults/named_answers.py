"""Replies of a fake endpoint from which a test knows to which body each was given."""

from __future__ import annotations

import json
from typing import Any

from skeletonllm.testing.fake_endpoint import echo_label, hash_body


def name_body(body: dict[str, Any]) -> str:
    """A whole answer whose summary is the hash of the body, as the server's log has it."""
    return json.dumps({**json.loads(echo_label(body)), "summary": hash_body(body)})
