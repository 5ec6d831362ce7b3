"""Numbers that are not finite stop a run before the step that they would spoil is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from skeletonllm.errors import TrainingError
from skeletonllm.tasks.task import Example
from skeletonllm.training.agreement import gather_items

SHOWN = 4
"""Clips that a message names; more would not be read."""
_HINT = (
    "The last checkpoint is whole: the same command goes on from it. Look at these clips with "
    "`skeletonllm render`, train with a smaller --lr, or leave them out."
)


class Guard:
    """Watches the losses and gradients of one step.

    Nothing waits for the device while all is well: what each part of a batch gave is kept as a
    tensor, and looked at once the sum over all ranks turns out not to be finite.

    Args:
        parameters: The trained ones by name; a name begins with its part and its group, such as
            ``renderer.view.turn``.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter]) -> None:
        self.parameters = dict(parameters)
        self._seen: list[tuple[tuple[str, ...], Tensor]] = []

    def start_step(self) -> None:
        """Forget the last step."""
        self._seen = []

    def note(self, examples: Sequence[Example], losses: Tensor) -> None:
        """Keep what clips gave, after their gradient was added.

        Args:
            examples: The clips that went through the model together.
            losses: Of each of them.
        """
        norms = torch._foreach_norm([p.grad for p in self._learning() if p.grad is not None])
        spoiled = ~torch.stack([losses.detach().sum(), *norms]).isfinite().all()
        self._seen.append((tuple(example.key for example in examples), spoiled))

    def check(self, loss: float, norm: Tensor, step: int) -> None:
        """Raise if a step must not be kept; all ranks raise together.

        Args:
            loss: Mean of the step, over all ranks.
            norm: Of the gradient, over all ranks.
            step: 0-based.

        Raises:
            TrainingError: Names the clips and the groups of parameters.
        """
        if torch.isfinite(norm) and torch.isfinite(torch.tensor(loss)):
            return
        # Gradients add up, so the first part of a batch that spoils them is to blame.
        first = next((keys for keys, spoiled in self._seen if spoiled), ())
        clips = sorted(gather_items(first))
        named = ", ".join(clips[:SHOWN]) + (
            f" and {len(clips) - SHOWN} more" * (len(clips) > SHOWN)
        )
        groups = ", ".join(find_spoiled(self.parameters, gradients=True)) or "no parameter"
        raise TrainingError(
            f"step {step + 1}: the loss is {loss:.4g}, and gradients of {groups} are not finite; "
            f"it came with the clips {named or 'of none of the ranks'}",
            hint=_HINT,
        )

    def _learning(self) -> Iterable[nn.Parameter]:
        return self.parameters.values()


def check_weights(parameters: Mapping[str, Tensor], where: str) -> None:
    """Refuse weights that are not finite: a model with one NaN answers, but at random.

    Args:
        parameters: By name.
        where: They come from.

    Raises:
        TrainingError: Names the groups.
    """
    spoiled = find_spoiled(parameters)
    if spoiled:
        found = f"weights of {', '.join(spoiled)} are not finite"
        raise TrainingError(found, where=where, hint="Go back to an earlier checkpoint.")


def find_spoiled(parameters: Mapping[str, Tensor], *, gradients: bool = False) -> list[str]:
    """Groups of parameters that hold a number that is not finite, sorted.

    Args:
        parameters: By name.
        gradients: Look at their gradients instead of themselves.
    """
    found = set()
    for name, parameter in parameters.items():
        looked_at = parameter.grad if gradients else parameter
        if looked_at is not None and not looked_at.isfinite().all():
            found.add(name_group(name))
    return sorted(found)


def name_group(name: str) -> str:
    """The group of a parameter: its part and the next word that tells something.

    Example:
        >>> name_group("renderer.appearance.motion.reach"), name_group("renderer.view.turn")
        ('renderer.motion', 'renderer.view')
    """
    part, _, rest = name.partition(".")
    words = rest.removeprefix("appearance.").split(".")
    return f"{part}.{words[0]}" if part == "renderer" and words[0] else part
