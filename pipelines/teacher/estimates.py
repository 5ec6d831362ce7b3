"""What asking about these clips will cost, from a few of the requests that would be sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.teacher.answers import (
    AnswersConfig,
    begin_talks,
    check_upload,
    find_candidates,
    find_views,
)
from schemas import CLIP
from skeletonllm.clip_folders import clip_units, read_unit
from skeletonllm.endpoint.estimate import SAMPLE, estimate_requests
from skeletonllm.endpoint.prices import open_price
from skeletonllm.endpoint.request import ChatRequest
from skeletonllm.errors import UsageError
from skeletonllm.evaluation.training_clips import check_training_clips
from skeletonllm.storage import read_table
from skeletonllm.views.view import EVERY_CLIP


def estimate_cost(config: AnswersConfig) -> dict[str, Any]:
    """Lines for people: requests, tokens and dollars, each with an interval. Nothing is sent.

    Args:
        config: As for asking.

    Raises:
        UsageError: As for asking: no price, a corpus that may not be sent, no clip.
    """
    check_upload(config)
    check_training_clips(config.clips, config.views)
    endpoint = config.endpoint
    price = open_price(endpoint)
    clips = sum(_count_clips(config))
    sample = list(_sample_requests(config))
    if not sample:
        raise UsageError("no clip that can be asked about", where=", ".join(config.clips))
    turns = 2 + config.teacher.reask  # the question, its form, what the joints contradict
    found = estimate_requests(
        sample, clips * config.talks_a_clip, turns, price, batch=endpoint.batch
    )
    return {"clips": clips, **found.to_rows()}


def _count_clips(config: AnswersConfig) -> Iterator[int]:
    columns = ["clip_id", "corpus", "label_namespace", "label", "subject", "camera", "setup"]
    for unit in clip_units(config.clips):
        table = read_table(unit.inputs[0], [*columns, "topology"], CLIP)
        if config.views == (EVERY_CLIP,):
            yield len(table)
        else:
            masks = [named.view.mask(table).to_pylist() for named in config.views]
            yield sum(any(seen) for seen in zip(*masks, strict=True))


def _sample_requests(config: AnswersConfig) -> Iterator[ChatRequest]:
    """First requests about some clips of some parts, spread over all of them."""
    units, classes = clip_units(config.clips), find_candidates(config)
    chosen = units[:: max(1, len(units) // SAMPLE)]
    each = -(-SAMPLE // max(1, len(chosen)))
    for unit in chosen:
        clips, rejects = read_unit(unit, "estimate")
        seen = find_views(clips, config.views)
        asked = [clip for clip in clips if clip.clip_id in seen and clip.label]
        some = asked[:: max(1, len(asked) // each)][:each]
        for talk in begin_talks(some, config.teacher, rejects, seen, classes):
            if talk.variant == talk.sample == 0:
                yield next(talk.conversation)
