"""The pairing of rows and columns that costs least in total: persons with bodies, mostly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]


def pair_by_cost(cost: npt.NDArray[np.floating]) -> tuple[Indices, Indices]:
    """Rows [N] and columns [N] of the pairs, N the smaller side of ``cost``, rows ascending.

    One row and one column need no search. So a clip of one person, which is most clips, does not
    wait for ``scipy.optimize``, which takes most of a second to import.

    Args:
        cost: Finite costs, [rows, columns].

    Example:
        >>> pair_by_cost(np.array([[1.0, 0.0], [0.0, 9.0]]))
        (array([0, 1]), array([1, 0]))
    """
    if cost.size <= 1:
        one = np.arange(cost.size)
        return one, one
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - see above

    rows, columns = linear_sum_assignment(cost)
    return rows, columns
