"""Formulas by name. A new one is one file with a class of :class:`Formula`, and one line here."""

from __future__ import annotations

from skeletonllm.draction.gaussians.body import BodyFormula
from skeletonllm.draction.gaussians.formula import Formula
from skeletonllm.draction.gaussians.published import PublishedFormula
from skeletonllm.errors import RenderError

FORMULAS: dict[str, type[Formula]] = {
    formula.name: formula for formula in (BodyFormula, PublishedFormula)
}
"""All formulas; ``FORMULAS[name](config)`` makes one."""


def get_formula(name: str) -> type[Formula]:
    """The class of a formula by its name.

    Raises:
        RenderError: The name is unknown; the message lists the known ones.

    Example:
        >>> get_formula("published").mirrored
        True
    """
    if name not in FORMULAS:
        raise RenderError(f"unknown formula {name!r}", expected=f"one of {', '.join(FORMULAS)}")
    return FORMULAS[name]
