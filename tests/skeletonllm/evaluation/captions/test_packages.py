"""A missing package is named, with the command that brings it."""

from __future__ import annotations

import socket
import sys

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.captions import score_captions
from skeletonllm.evaluation.captions.packages import check_packages, load_package


def test_a_package_that_is_there_is_loaded() -> None:
    assert load_package("json.decoder", "evaluation") is sys.modules["json.decoder"]


@pytest.mark.parametrize("module", ["sacrebleu", "rouge_score"])
def test_scoring_without_a_package_says_what_to_install(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [n for n in sys.modules if n.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=r"pip install 'skeletonllm\[evaluation\]'") as caught:
        score_captions({"a": "he waves"}, {"a": ["he waves"]})
    assert module in str(caught.value)


def test_a_broken_import_within_a_package_names_what_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(UsageError, match="'no_such_package' is not installed"):
        load_package("no_such_package.metrics", "evaluation")


def test_scoring_asks_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for name in [n for n in sys.modules if n.split(".")[0] in ("sacrebleu", "rouge_score", "nltk")]:
        monkeypatch.delitem(sys.modules, name)
    scores = score_captions({"a": "he waves", "b": "she sits"}, {"a": ["he waves"], "b": ["it"]})
    assert scores.metrics["rouge_l"].value == 0.5


def test_a_missing_package_is_told_before_anything_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check_packages()
    monkeypatch.setitem(sys.modules, "rouge_score", None)
    with pytest.raises(UsageError, match=r"'rouge_score' is not installed. pip install .skele"):
        check_packages()
