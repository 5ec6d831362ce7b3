"""Ridge regression on descriptors: the simplest thing that can learn what a body does.

Known classes are told one against all. Classes that were never seen are told by the vectors of
their names (as DeViSE and ESZSL do): a clip is mapped to where its class' name would lie, and the
nearest name is the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from skeletonllm.evaluation.baselines.baseline import Baseline, Fitted, Measured, Setting
from skeletonllm.evaluation.baselines.meanings import Array, Meanings, compare_directions
from skeletonllm.kinematics import compute_descriptor
from skeletonllm.motion import Motion
from skeletonllm.negatives.descriptors.moments import Moments
from skeletonllm.negatives.descriptors.robust_scale import RobustScale, measure_scale
from skeletonllm.negatives.held_out import Ridge, fit_ridge

PENALTIES = tuple(float(p) for p in np.geomspace(1e2, 1e-3, 11))
"""Strengths that are tried, in units of the mean variance of a dimension, the strongest first: at
100 all clips are told by their class' mean alone, at 0.001 the fit is nearly that of least squares.
"""


@dataclass(frozen=True, eq=False)
class FittedRidge(Fitted):
    """Linear scores of the learned classes, and by them of any others.

    Args:
        scale: Of the descriptors.
        ridge: Scores of the learned classes.
        classes: These, in order.
        meanings: Vectors of names.
        unseen: Whether to tell classes by their names.
    """

    scale: RobustScale
    ridge: Ridge
    classes: tuple[str, ...]
    meanings: Meanings
    unseen: bool

    def score(self, values: Array, candidates: Sequence[str]) -> Array:
        """See :meth:`Fitted.score`; a class that was not learned, nor is told by name, has 0."""
        own = self.ridge.score(self.scale.standardize(values))  # [N, seen]
        if self.unseen:
            return self._score_by_names(own, candidates)
        place = {name: at for at, name in enumerate(self.classes)}
        known = [place.get(name) for name in candidates]
        columns = [np.zeros(len(own)) if at is None else own[:, at] for at in known]
        return np.stack(columns, axis=1)

    def _score_by_names(self, own: Array, candidates: Sequence[str]) -> Array:
        """Cosine of where a clip is mapped to and where a name lies, from the middle of all names.

        The regression is linear in its targets, so that to vectors of names is that to classes
        times these vectors. All names lie to one side of the origin, where cosines would tell how
        usual a name is; so all is seen from the mean of the learned names.
        """
        seen = self.meanings.embed(self.classes)
        middle = seen.mean(axis=0)
        return compare_directions(own @ (seen - middle), self.meanings.embed(candidates) - middle)

    def arrays(self) -> Mapping[str, Array]:
        """See :meth:`Fitted.arrays`."""
        return {
            "centre": self.scale.centre,
            "unit": self.scale.unit,
            "weights": self.ridge.weights,
            "offset": self.ridge.offset,
            "classes": np.array(self.classes),
        }


class RidgeBaseline(Baseline):
    """See the module."""

    name = "ridge"
    version = "1"
    settings = PENALTIES

    @property
    def reads_names(self) -> bool:
        """Only where classes were never seen: known ones are told by their number."""
        return self.unseen

    def measure(self, motion: Motion) -> Array:
        """The descriptor [D] of a motion."""
        return compute_descriptor(motion)

    def fit(
        self,
        trained: Measured,
        settings: Sequence[Setting],
        seed: int,  # noqa: ARG002 - nothing is drawn
    ) -> list[Fitted]:
        """See :meth:`Baseline.fit`; nothing is drawn.

        Args:
            trained: The clips.
            settings: Penalties.
            seed: Without effect.
        """
        scale = measure_scale(trained.values)
        moments = Moments.make_empty(1, len(trained.classes), trained.values.shape[1])
        alone = np.zeros(len(trained.values), np.int64)
        moments.add(scale.standardize(trained.values), trained.codes, alone)
        return [
            FittedRidge(
                scale,
                fit_ridge(moments, float(penalty)),
                trained.classes,
                self.meanings,
                self.unseen,
            )
            for penalty in settings
        ]
