"""A trained renderer for serving: what does not move, as a table a skeleton; no autograd.

What a body wears at rest (radii, colours, opacities, and its share of the modulator's first layer)
is looked up instead of computed, and nothing keeps a graph. It is the trained network, not an
approximation of it. A kernel that fused the modulator's layers was tried and left out: beside the
rasterizer it gained 1 to 3 %.
"""

from __future__ import annotations

import copy

from torch import nn

from skeletonllm.draction.gaussians.appearance import BodyAppearance, Rest
from skeletonllm.draction.gaussians.primitives import Primitives
from skeletonllm.draction.gaussians.published import PaperAppearance


class BakedBody(BodyAppearance):
    """A :class:`BodyAppearance` that looks up what a skeleton wears at rest.

    Args:
        learned: The trained one; later changes of it change nothing here.
    """

    def __init__(self, learned: BodyAppearance) -> None:
        nn.Module.__init__(self)
        self.__dict__.update(copy.deepcopy(learned).requires_grad_(requires_grad=False).__dict__)
        self._tables: dict[tuple[Primitives, str], Rest] = {}

    def rest(self, shapes: Primitives, topology: str) -> Rest:
        """See :meth:`BodyAppearance.rest`; computed at the first meeting with a skeleton."""
        key = shapes, topology
        if key not in self._tables:
            self._tables[key] = super().rest(shapes, topology)
        return self._tables[key]


def baked(appearance: BodyAppearance | PaperAppearance) -> BodyAppearance | PaperAppearance:
    """A copy of an appearance for serving."""
    if isinstance(appearance, BodyAppearance):
        return BakedBody(appearance)
    return copy.deepcopy(appearance).requires_grad_(requires_grad=False)
