"""Contents of a form that nobody writes: an error that they lead to is told, and ends nothing.

Whoever reads what others made meets forms that no check foresaw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from skeletonllm.errors import ReleaseError, SkeletonLLMError

_STRANGE = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)
_MOST_SAID = 200
"""Characters of an error that quotes what it met, which may have no end."""


def describe_strange(error: Exception) -> str | None:
    """An error in words, where it is what contents of a form that nobody writes lead to.

    None for our own errors, and for what says nothing of the contents: no memory, no store.
    """
    import pyarrow as pa  # noqa: PLC0415 - only who has tables waits for pyarrow

    cause = getattr(error, "cause", error)  # what a Ray task failed with
    if isinstance(cause, SkeletonLLMError) or not isinstance(cause, (*_STRANGE, pa.ArrowException)):
        return None
    return f"{type(cause).__name__}: {cause}"[:_MOST_SAID]


@contextmanager
def refuse_strange(release: str) -> Iterator[None]:
    """Refuse a release whose contents lead to an error that nobody foresaw, in a sentence.

    Args:
        release: Its folder.

    Raises:
        ReleaseError: So it was.
    """
    try:
        yield
    except Exception as error:
        told = describe_strange(error)
        if told is None:
            raise
        found, hint = (
            f"cannot be read as a release ({told})",
            "`skeletonllm verify` lists its faults.",
        )
        raise ReleaseError(found, where=release, hint=hint) from error


def collect_faults(what: str, find: Callable[[], Iterable[str]]) -> list[str]:
    """The faults that a check finds, and one more where the contents made the check itself fail.

    Args:
        what: File, or part of the release, that is checked.
        find: The check.
    """
    faults: list[str] = []
    try:
        for fault in find():
            faults.append(fault)
    except Exception as error:
        told = describe_strange(error)
        if told is None:
            raise
        faults.append(f"{what}: cannot be checked ({told})")
    return faults
