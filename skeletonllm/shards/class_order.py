"""The order in which classes stand: that of their numbers, as their data set lists them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

ClassIds = Mapping[str, Mapping[str, int]]
"""Label namespace -> class -> its ``label_id``; :data:`NO_ID` where it is not known."""

NO_ID = 2**31 - 1
"""Behind all numbers, so that classes without one come last."""


def order_classes(ids: ClassIds) -> dict[str, tuple[str, ...]]:
    """Namespace -> its classes by ``label_id``, those of equal or unknown number by name.

    Args:
        ids: The classes.

    Example:
        >>> order_classes({"lab": {"wave": 0, "kick": 1, "bow": NO_ID}})
        {'lab': ('wave', 'kick', 'bow')}
    """
    return {
        space: tuple(sorted(ids[space], key=lambda name: (ids[space][name], name)))
        for space in sorted(ids)
    }


def merge_class_ids(several: Iterable[ClassIds]) -> dict[str, dict[str, int]]:
    """The classes of all together; one that has two numbers bears the lower.

    Args:
        several: Such as those of each part of a mixture.
    """
    found: dict[str, dict[str, int]] = {}
    for ids in several:
        for space, classes in ids.items():
            own = found.setdefault(space, {})
            for name, number in classes.items():
                own[name] = min(number, own.get(name, NO_ID))
    return found
