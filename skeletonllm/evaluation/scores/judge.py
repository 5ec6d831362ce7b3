"""From the responses of one condition and namespace to what ``evaluation.json`` says of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from skeletonllm.evaluation.responses.response import (
    BLIND,
    MEAN,
    MINUS_BLIND,
    SUM,
    Response,
)
from skeletonllm.evaluation.scores.controls import shuffle_names
from skeletonllm.evaluation.scores.dependence import Dependence
from skeletonllm.evaluation.scores.matching import is_right_published, match_exact
from skeletonllm.evaluation.scores.student import score_steps
from skeletonllm.evaluation.scores.told_losses import ToldLosses
from skeletonllm.evaluation.zero_shot import score_generalized
from skeletonllm.tasks.accuracy import score_accuracy, wilson_interval
from skeletonllm.tasks.task import Answer, Task

OTHER_SCORINGS = (MEAN, MINUS_BLIND, BLIND)
"""Reported beside the first one, the probability of the whole answer."""


@dataclass(frozen=True)
class Judge:
    """Scores responses to one task.

    Args:
        task: What was asked.
        related: What the clips share with each other and with training.
        candidates: Namespace -> the classes to choose from.
        unseen: Classes that training never saw, where seen ones are candidates as well.
    """

    task: Task
    related: Dependence
    candidates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()

    def score(
        self, responses: Sequence[Response], exchanged: Sequence[Response] = ()
    ) -> dict[str, Any]:
        """Plain data: a summary, and every measure that these responses allow.

        Args:
            responses: Of one condition and namespace; at least one.
            exchanged: Of the same clips, each shown with the motion of another.
        """
        namespace = responses[0].label_namespace or ""
        chosen = [r for r in responses if r.scores is not None]
        told = [r for r in responses if r.scores is None]
        found: dict[str, Any] = {"candidates": list(self.candidates.get(namespace, ()))}
        if chosen:
            found |= self._judge_choices(chosen)
        if told:
            losses = self._judge_losses(told, exchanged)
            found |= losses if not chosen else {"told": losses}
        written = [r for r in responses if r.text is not None]
        if written:
            found["written"] = self._judge_written(written)
        return found

    def _judge_choices(self, responses: Sequence[Response]) -> dict[str, Any]:
        answers = _choose(responses, SUM)
        scores = self.task.score(answers)
        found = {"summary": scores.summarize(), **scores.to_json(), **self.related.score(answers)}
        others = {name: _choose(responses, name) for name in OTHER_SCORINGS}
        found["scorings"] = {
            name: score_accuracy(given).to_json()["top1"] for name, given in others.items() if given
        }
        if self.task.names_classes:
            names = self.candidates.get(responses[0].label_namespace or "", ())
            shuffled = shuffle_names(answers, names)
            found["shuffled_names"] = shuffled.to_json()
            found["remarks"].append(shuffled.summarize())
        kinds = {r.kind for r in responses if r.kind is not None}
        if kinds:
            told = found.get("by_kind", {})
            found["by_kind"] = {
                kind: told.get(kind, {}) | self._judge_kind(responses, kind)
                for kind in sorted(kinds)
            }
        if self.unseen:
            found["generalized"] = score_generalized(answers, self.unseen)
        return found

    def _judge_kind(self, responses: Sequence[Response], kind: str) -> dict[str, Any]:
        of_kind = [r for r in responses if r.kind == kind]
        told = score_accuracy(_choose(of_kind, SUM)).to_json()
        blind = _choose(of_kind, BLIND)
        kept = {name: told[name] for name in ("clips", "top1", "interval95", "chance")}
        return kept | ({"blind": score_accuracy(blind).top1} if blind else {})

    def _judge_losses(
        self, responses: Sequence[Response], exchanged: Sequence[Response]
    ) -> dict[str, Any]:
        """Losses of texts, with their own motions and with those of others."""
        others = {(r.clip_id, r.turn): r.loss for r in exchanged}
        pairs = [(r.loss, others.get((r.clip_id, r.turn))) for r in responses]
        both = [(own, other) for own, other in pairs if own is not None and other is not None]
        if not both:
            own = [r.loss for r in responses if r.loss is not None]
            mean = sum(own) / len(own)
            return {"summary": f"{mean:.3f} nats a token", "clips": len(own), "loss": mean}
        losses = ToldLosses(*(tuple(each) for each in zip(*both, strict=True)))
        return {"summary": losses.summarize(), **losses.to_json()}

    def _judge_written(self, responses: Sequence[Response]) -> dict[str, Any]:
        """What the model wrote: words in common, labels, steps, and captions, as the task asks."""
        found: dict[str, Any] = {"clips": len(responses)}
        if all(r.candidates for r in responses):
            return found | _match(responses)
        answers = [Answer(r.clip_id, r.target, r.text or "", 0) for r in responses]
        scores = self.task.score(answers)
        found |= {"summary": scores.summarize(), **scores.to_json()}
        if self.task.tells_steps:
            subjects = [self.related.subjects[r.clip_id] for r in responses]
            verdicts = [r.verdicts or () for r in responses]
            found["steps"] = score_steps(verdicts, subjects).to_json()
        if self.task.describes:
            found |= _score_captions(responses)
        return found


def _choose(responses: Sequence[Response], scoring: str) -> list[Answer]:
    answers = (response.choose(scoring) for response in responses)
    return [answer for answer in answers if answer is not None]


def _match(responses: Sequence[Response]) -> dict[str, Any]:
    """Written names by both matchers: ours takes whole labels, the published one parts of them."""
    matchers = {
        "exact": [match_exact(r.text or "", r.candidates or ()) == r.target for r in responses],
        "published": [is_right_published(r.text or "", r.target) for r in responses],
    }
    return {
        name: {
            "right": sum(right) / len(right),
            "interval95": list(wilson_interval(sum(right), len(right))),
        }
        for name, right in matchers.items()
    }


def _score_captions(responses: Sequence[Response]) -> dict[str, Any]:
    from skeletonllm.evaluation.captions import score_captions  # noqa: PLC0415 - an extra

    told = {r.clip_id: r.text or "" for r in responses}
    scores = score_captions(told, {r.clip_id: list(r.references) for r in responses})
    return {"captions": {"summary": scores.summarize(), **scores.to_json()}}


def group_responses(responses: Sequence[Response]) -> dict[str, dict[str, list[Response]]]:
    """Condition -> label namespace ("" for none) -> responses, in their order."""
    groups: dict[str, dict[str, list[Response]]] = defaultdict(lambda: defaultdict(list))
    for response in responses:
        groups[response.condition][response.label_namespace or ""].append(response)
    return {name: dict(by_namespace) for name, by_namespace in groups.items()}
