"""Many conversations at once with one asker, from within a task."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ray

from pipelines.asker import unwrap
from skeletonllm.clip import Clip
from skeletonllm.rationales.teachers.online import Conversation, Turn
from skeletonllm.rejects import Reject, isolate_clip


@dataclass(frozen=True, eq=False)
class Talk:
    """A conversation about a clip.

    Args:
        clip: About whom.
        variant: Which of its rationales.
        sample: Which of the answers to it.
        conversation: Its questions.
    """

    clip: Clip
    variant: int
    sample: int
    conversation: Conversation


def hold_talks(
    talks: Iterator[Talk], asker: Any, most: int, stage: str, rejects: list[Reject]
) -> Iterator[tuple[Talk, list[Turn]]]:
    """Each conversation that came to its end, and its turns, in any order.

    New ones begin, and their pictures are drawn, only as earlier ones end: memory stays even.

    Args:
        talks: Not yet begun.
        asker: Handle of the job's asker.
        most: How many are held at once.
        stage: For rejects.
        rejects: Grows by the clips that could not be asked about.

    Raises:
        EndpointError: Nothing can be asked any more.
    """
    waiting: dict[Any, Talk] = {}
    more = True
    while more or waiting:
        while more and len(waiting) < most:
            talk = next(talks, None)
            more = talk is not None
            if talk is not None:
                with isolate_clip(talk.clip, stage, rejects):
                    waiting[asker.ask.remote(next(talk.conversation))] = talk
        if not waiting:
            continue
        ready, _ = ray.wait(list(waiting), num_returns=1)
        for reference in ready:
            talk, answer = waiting.pop(reference), unwrap(reference)
            with isolate_clip(talk.clip, stage, rejects):
                try:
                    waiting[asker.ask.remote(talk.conversation.send(answer))] = talk
                except StopIteration as end:
                    yield talk, end.value
