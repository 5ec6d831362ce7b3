from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from skeletonllm.clip import Clip
from skeletonllm.shards import Sample
from skeletonllm.tasks import get_task

TASK = get_task("naming")
NAMES = ("eat food", "drink water", "brush teeth")


def test_the_question_names_no_class_and_is_the_same_for_every_clip(
    clip_of: Callable[..., Clip], stick_man
) -> None:
    clip = replace(clip_of(stick_man().motion()), label_namespace="ntu")
    example = TASK.example(Sample(clip), {"ntu": NAMES})
    assert example is not None
    asked = {
        TASK.prompt(replace(example, repeat=n, epoch=n), num_frames=2, key=str(n)) for n in range(3)
    }
    assert len(asked) == 1
    (prompt,) = asked
    assert prompt.endswith("<image><image>")
    assert not any(name in prompt for name in NAMES)
    assert TASK.candidates(example) == NAMES  # the answer is still one of them
    assert TASK.target(example, key="") == "drink water"
