"""The published texts, byte for byte: beside the published functions, and frozen for elsewhere."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.corpora import readers
from skeletonllm.corpora.toolkit import labels
from skeletonllm.errors import UsageError
from skeletonllm.prompts import (
    build_discrimination_prompt,
    build_published_recognition_prompt,
    build_student_prompt,
)
from skeletonllm.prompts.published import DATA_SETS, PROMPT_VERSION, PUBLISHED_SYSTEM
from skeletonllm.prompts.recognition import SYSTEM

NTU60 = labels.names("ntu")[:60]
UNSEEN = {3, 5, 9, 12, 15, 40, 42, 47, 51, 56, 58, 59}
"""Numbers of the unseen classes of the published split 48/12, from 0."""
SEEN = tuple(name for number, name in enumerate(NTU60) if number not in UNSEEN)


def recognition(names: Sequence[str], frames: int) -> str:
    return build_published_recognition_prompt(names, num_frames=frames, namespace="ntu")


def every_text() -> dict[str, str]:
    """Our texts of the published recipe, by what they are."""
    return {
        "system": SYSTEM,
        "all of NTU 60": recognition(NTU60, 12),
        "seen of 48/12": recognition(SEEN, 12),
        "two, 1 frame": recognition(NTU60[:2], 1),
        "discrimination": "".join(build_discrimination_prompt(n, num_frames=12) for n in NTU60),
        "student": build_student_prompt(num_frames=12),
    }


FROZEN = {
    "system": "b8b4b18719dd63356f21c15c92143e01ffad56f9f8b6dc152db9e3e317ec5086",
    "all of NTU 60": "9d0d45c6279875a1768876d163cce66c76de5668281cb18d698f57ec9044317a",
    "seen of 48/12": "ab1f493495f3f8e79f0bcb254dffd6f0512b2b32c785bcac8cb678ae18d861b9",
    "two, 1 frame": "e73b947b8d523ca45b2770e43e8defe694519c009a9f7e2e8790c83ab705b0f6",
    "discrimination": "b214361ad91ef64cde06606dd2a86902ff0809bda116b60058b8e4261ad7aeb0",
    "student": "1e768d5be28361acc9247a9f1bf7f9bff6f0364ba8b005c161ff11887ce5df0c",
}
"""SHA-256 of the published texts, as its functions give them."""


@pytest.fixture(scope="module")
def published(shared: Path) -> Callable[[str], str]:
    """The source of a published file, by its path."""
    repository = shared.resolve().parent / ".mirror" / "wangzy01+SkeletonLLM" / "repo"
    if not repository.is_dir():
        pytest.skip("needs a copy of the published code")

    def read(path: str) -> str:
        call = ["git", "-C", str(repository), "show", f"HEAD:{path}"]
        return subprocess.run(call, capture_output=True, check=True, text=True).stdout

    return read


def run(source: str) -> dict[str, Any]:
    """The names that a file defines which imports nothing of its own."""
    names: dict[str, Any] = {}
    exec(source, names)
    return names


def test_our_texts_are_the_published_ones(published: Callable[[str], str]) -> None:
    prompts = run(published("skeletonllm/data/prompts.py"))
    meta = run(published("skeletonllm/data/ntu_meta.py"))
    names = meta["NTU60_CLASSES"]
    seen = [names[number - 1] for number in meta["seen_action_ids"]("ntu60_48_cs")]
    ask, judge = prompts["build_mqa_question"], prompts["build_discft_question"]
    assert every_text() == {
        "system": prompts["SYSTEM_PROMPT"],
        "all of NTU 60": ask(names, 12),
        "seen of 48/12": ask(seen, 12),
        "two, 1 frame": ask(names[:2], 1),
        "discrimination": "".join(judge(name, 12) for name in names),
        "student": prompts["build_cr_student_question"](12),
    }


def test_the_system_message_is_that_of_the_template_it_trains_with(
    published: Callable[[str], str],
) -> None:
    assert '--conv_style "internvl2_5"' in published("shell/train.sh")
    template = published("skeletonllm/conversation.py").partition("name='internvl2_5',")[2]
    found = re.search("system_message='(.*?)'", template)
    assert found is not None
    assert found[1] == PUBLISHED_SYSTEM != SYSTEM


def test_our_texts_have_the_hashes_of_the_published_ones() -> None:
    texts = every_text().items()
    assert {what: hashlib.sha256(text.encode()).hexdigest() for what, text in texts} == FROZEN
    assert PROMPT_VERSION == "published_recognition/1"


def test_a_namespace_has_the_name_of_its_data_set_and_an_unknown_one_none() -> None:
    ucla = build_published_recognition_prompt(("a", "b"), num_frames=1, namespace="nw_ucla")
    assert "This clip is from the NW-UCLA dataset for human action recognition. " in ucla
    own = build_published_recognition_prompt(("a", "b"), num_frames=1, namespace="generic")
    assert own == build_published_recognition_prompt(("a", "b"), num_frames=1)
    assert "This clip is from a dataset for human action recognition. " in own


def test_every_named_namespace_is_one_of_a_reader() -> None:
    assert set(DATA_SETS) <= {space for r in readers().values() for space in r.label_names}


@pytest.mark.parametrize("names", [("wave",), ("wave", "wave")])
def test_a_choice_needs_different_candidates(names: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="expected two or more, all different"):
        recognition(names, 1)
