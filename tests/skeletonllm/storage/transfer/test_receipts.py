from __future__ import annotations

import json
from pathlib import Path

import pytest

from skeletonllm.storage.transfer import Receipts
from skeletonllm.storage.transfer.receipts import EVERY_BYTES, Receipt


def test_receipts_come_back(tmp_path: Path) -> None:
    url = str(tmp_path / ".receipts.json")
    receipts = Receipts.open(url)
    assert not receipts.there
    receipts.add("a", Receipt("0" * 64, 3, "3 etag"))
    assert not Path(url).exists()  # three bytes are not worth a request
    receipts.save()
    again = Receipts.open(url)
    assert again.there
    assert again.find("a") == ("0" * 64, 3, "3 etag")
    assert again.find("b") is None
    again.remove()
    again.remove()
    assert not Path(url).exists()


def test_much_that_was_sent_is_noted_at_once(tmp_path: Path) -> None:
    receipts = Receipts.open(str(tmp_path / ".receipts.json"))
    receipts.add("a", Receipt("0" * 64, EVERY_BYTES, "etag"))
    assert Receipts.open(receipts.url).find("a") is not None


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"schema": "skeletonllm.transfer", "schema_version": 1, "files": {}}', "{"],
)
def test_damaged_receipts_cost_sending_again(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = tmp_path / ".receipts.json"
    url.write_text(content)
    assert Receipts.open(str(url)).find("a") is None
    assert "all files are sent again" in caplog.text


def test_receipts_of_another_layout_are_passed_over(tmp_path: Path) -> None:
    url = tmp_path / ".receipts.json"
    stated = {"schema": "skeletonllm.stage", "schema_version": "1.0.0"}
    url.write_text(json.dumps({**stated, "files": {"a": ["0" * 64, 3, "x"]}}))
    assert Receipts.open(str(url)).find("a") is None
