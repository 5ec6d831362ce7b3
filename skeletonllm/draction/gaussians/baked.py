"""A trained appearance for serving: what does not move is a table a skeleton; no autograd.

Radii, colours, opacities and their share of the modulator's first layer are looked up instead of
computed, and nothing keeps a graph. It is the trained network, not an approximation of it. A kernel
that fused the modulator's layers was tried and left out: beside the rasterizer it gained 1 to 3 %.
"""

from __future__ import annotations

import copy

from torch import nn

from skeletonllm.draction.gaussians.appearance import BodyAppearance, StaticAppearance
from skeletonllm.draction.gaussians.primitives import Primitives


class BakedAppearance(BodyAppearance):
    """A :class:`BodyAppearance` that looks up what of a skeleton does not move.

    Args:
        learned: The trained one; later changes of it change nothing here.
    """

    def __init__(self, learned: BodyAppearance) -> None:
        nn.Module.__init__(self)
        self.__dict__.update(copy.deepcopy(learned).requires_grad_(requires_grad=False).__dict__)
        self._tables: dict[tuple[Primitives, str], StaticAppearance] = {}

    def compute_static(self, shapes: Primitives, topology: str) -> StaticAppearance:
        """See :meth:`BodyAppearance.compute_static`; computed when a skeleton is first drawn.

        Args:
            shapes: K Gaussians of the skeleton.
            topology: Its name.
        """
        key = shapes, topology
        if key not in self._tables:
            self._tables[key] = super().compute_static(shapes, topology)
        return self._tables[key]
