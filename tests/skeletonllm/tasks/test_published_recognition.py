from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from skeletonllm.clip import Clip
from skeletonllm.prompts import build_published_recognition_prompt
from skeletonllm.shards import Sample
from skeletonllm.tasks import get_task

TASK = get_task("published_recognition")
NAMES = ("eat food", "drink water", "brush teeth")


def test_every_clip_epoch_and_repeat_is_asked_the_same_in_the_given_order(
    clip_of: Callable[..., Clip], stick_man
) -> None:
    clip = replace(clip_of(stick_man().motion()), label_namespace="ntu")
    example = TASK.example(Sample(clip), {"ntu": NAMES})
    assert example is not None
    expected = build_published_recognition_prompt(NAMES, num_frames=2, namespace="ntu")
    assert "NTU RGB+D" in expected
    for repeat in range(3):
        asked = replace(example, repeat=repeat, epoch=repeat)
        assert TASK.prompt(asked, num_frames=2, key=asked.draw_key(repeat)) == expected
    assert TASK.target(example, key="") == "drink water"
    assert TASK.candidates(example) == NAMES
