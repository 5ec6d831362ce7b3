"""Which classes a model chooses from: those of the split, whichever clips are at hand."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from skeletonllm.evaluation.classes import list_class_names
from skeletonllm.views.view import Names, View


def list_candidates(view: View, index: pa.Table) -> dict[str, Names]:
    """Namespace -> the classes to choose from, in the order of their numbers.

    A class that is tested stays a candidate where no clip of it is at hand, or none by the tested
    subjects or cameras: with fewer candidates the same model would seem better.

    Args:
        view: The clips that are tested. The classes that it names are candidates, where they are
            of one namespace; without names, all classes that it may show.
        index: The whole release, rows of :data:`schemas.SAMPLE`.

    Raises:
        UsageError: The release has no clip of these classes.

    Example:
        >>> view = get_protocol("nw_ucla/xview").test  # doctest: +SKIP
        >>> len(list_candidates(view, read_index("release"))["nw_ucla"])  # doctest: +SKIP
        10
    """
    wide = replace(view, subjects=None, cameras=None, setups=None, topologies=None, having=())
    found = wide.candidates(wide.select(index))
    if view.labels is None or len(found) != 1:
        return found
    ((space, met),) = found.items()
    known = list_class_names(space) or met
    place = {name: at for at, name in enumerate(known)}
    return {space: tuple(sorted(view.labels, key=lambda name: place.get(name, len(place))))}
