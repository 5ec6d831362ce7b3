"""Equal motions on both sides of a protocol: findings, whatever hashes say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.release import cut_release, inspect_release
from tests.skeletonllm.release.verify.forge import edit_samples, edit_text


@pytest.fixture
def copied(tmp_path: Path, make_stages: Callable[..., Any], make_clip: Callable[..., Any]) -> Path:
    """NW-UCLA in little: what camera 3 saw are the numbers of camera 2."""
    clips = []
    for number in range(3):
        clip = make_clip("nw_ucla", number, licence="nw_ucla")
        label = {"label": "sit down", "label_id": 4, "label_namespace": "nw_ucla"}
        for camera in ("2", "3"):
            named = {"clip_id": f"nw_ucla/{number}_v{camera}", "camera": camera}
            clips.append(replace(clip, **label, **named, subject=str(number + 1)))
    other = [make_clip("beta", 1, licence="cc-by-4.0", image=True)]
    stages = make_stages(tmp_path / "stages", clips, other, explained=False)
    return Path(cut_release(str(tmp_path / "root"), "toy", "1.0.0", code="test", **stages))


PAIRS = "nw_ucla/0_v2 = nw_ucla/0_v3, nw_ucla/1_v2 = nw_ucla/1_v3, nw_ucla/2_v2 = nw_ucla/2_v3"
FOUND = (
    f"nw_ucla/xview: 3 motions in both parts: {PAIRS}",
    f"3 clips have, number for number, the motion of another clip: {PAIRS}; "
    "they differ: 3 of them in camera",
)


def test_leaks_of_a_corpus_are_findings_and_no_faults(copied: Path) -> None:
    found = inspect_release(str(copied))
    assert found.faults == ()
    assert found.findings == FOUND
    assert found.samples == 7


def test_leaks_stand_on_the_card(copied: Path, pristine: Path) -> None:
    section = (copied / "README.md").read_text().partition("## Known leaks\n\n")[2]
    assert section.startswith("".join(f"- {leak}\n" for leak in FOUND))
    assert "## Known leaks\n\nNone: no clip and no motion" in (pristine / "README.md").read_text()


def test_a_leak_cannot_be_hidden_behind_another_motion_hash(copied: Path) -> None:
    def hide(members: Any) -> None:
        for number, clip in enumerate(sorted(members)):
            sha = f"{number:064x}"
            edit_text(members[clip], lambda meta, sha=sha: meta.update(motion_sha256=sha))

    edit_samples(copied, hide)
    assert inspect_release(str(copied)).findings == FOUND


def test_a_fresh_release_has_no_findings(pristine: Path) -> None:
    assert inspect_release(str(pristine)).findings == ()
