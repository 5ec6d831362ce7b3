"""Every error this project raises on purpose, as one tree.

    SkeletonLLMError
    ├── UsageError        the command line or a call asks for something impossible
    │   └── OutputMismatch    the output folder belongs to another configuration
    ├── SourceError       a raw file cannot be read; becomes a row of rejects/
    ├── MotionError       arrays that do not make a Motion
    ├── SchemaError       a table breaks its schema (all faults at once), or is of another version
    ├── RenderError       DrAction was asked for an impossible picture
    ├── WeightsError      renderer weights that do not fit
    ├── ReleaseError      a release that is damaged or may not be cut
    │   └── TruncatedFile     a file of it ends before the bytes that were asked for
    ├── StorageError      a store that gives no answer, or a disk that takes no more; no damage
    ├── StateError        a checkpoint or stream state that belongs to something else
    ├── TrainingError     numbers that no training can go on with, such as a loss that is NaN
    ├── ModelError        a trained model whose answers are no numbers, whatever it is shown
    └── EndpointError     a server that is asked cannot answer anything any more; ends the job
        └── BudgetError       the next request might cost more than is left

Each says what was found and, where it helps, what was expected, where, and what to do next.
All survive pickling, since Ray carries them between processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class SkeletonLLMError(Exception):
    """Base of all our errors.

    Attributes:
        code: One of :data:`REJECT_CODES`, for the row that it becomes where it concerns one clip.

    Args:
        found: What was found, as a sentence without its full stop.
        expected: What would have been right.
        where: File, column, flag or frame.
        hint: What to do next, as a sentence.

    Example:
        >>> str(SkeletonLLMError("3 joints", expected="25", where="a.skeleton", hint="Re-export."))
        'a.skeleton: 3 joints; expected 25. Re-export.'
    """

    code: str = "internal"

    def __init__(
        self,
        found: str,
        *,
        expected: str | None = None,
        where: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(found)
        self.found, self.expected, self.where, self.hint = found, expected, where, hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.found}" if self.where else self.found
        text = f"{text}; expected {self.expected}" if self.expected else text
        return f"{text}. {self.hint}" if self.hint else text

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))


def _rebuild(
    cls: type[SkeletonLLMError], args: tuple[Any, ...], state: dict[str, Any]
) -> SkeletonLLMError:
    """Bypass ``__init__``: keyword-only arguments do not survive the default unpickling."""
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


def tell_first(faults: Sequence[str]) -> str:
    """The first of some faults, and how many more there are.

    Example:
        >>> tell_first(["a is missing", "b is missing"])
        'a is missing; and 1 more'
    """
    return f"{faults[0]}; and {len(faults) - 1} more" if len(faults) > 1 else faults[0]


class UsageError(SkeletonLLMError, ValueError):
    """The request itself is wrong: a path, a name or a flag. Jobs exit with 2."""

    code = "unsuitable"


class OutputMismatch(UsageError):
    """The output exists and was made by another configuration; nothing is overwritten."""


class SourceError(SkeletonLLMError, ValueError):
    """A raw file, or one clip in it, cannot be read.

    Args:
        code: Short machine-readable reason, one of :data:`REJECT_CODES`.
        found: What was found in the file.
    """

    def __init__(
        self,
        code: str,
        found: str,
        *,
        expected: str | None = None,
        where: str | None = None,
        hint: str | None = None,
    ) -> None:
        assert code in REJECT_CODES, f"unknown reject code {code!r}: add it to REJECT_CODES"
        super().__init__(found, expected=expected, where=where, hint=hint)
        self.code = code


class MotionError(SkeletonLLMError, ValueError):
    """Arrays of the wrong shape, dtype or content for a Motion."""

    code = "format"


class SchemaError(SkeletonLLMError, ValueError):
    """A table breaks its schema (all faults are listed), or a file is of another version."""

    code = "format"


class RenderError(SkeletonLLMError, ValueError):
    """The renderer was asked for something it cannot draw."""

    code = "not_drawn"


class WeightsError(SkeletonLLMError, ValueError):
    """Weights with missing, extra or misshapen entries."""


class ReleaseError(SkeletonLLMError, ValueError):
    """A release is incomplete, damaged, or may not be cut (licences)."""

    code = "damaged"


class TruncatedFile(ReleaseError):
    """A file is really shorter than the bytes that were asked for, whoever asks again."""

    code = "truncated"


class StorageError(SkeletonLLMError):
    """A store gave no right answer in any try, or a disk is full or may not be written.

    Says nothing of what it holds: that may be whole.
    """

    code = "unreadable"


class StateError(SkeletonLLMError, ValueError):
    """Saved state does not belong to this release, view, seed or version."""


class TrainingError(SkeletonLLMError, ArithmeticError):
    """Numbers that no training or judging can go on with, or more of them than there is memory."""


class ModelError(SkeletonLLMError, ArithmeticError):
    """A trained model that answers with numbers that are none, whatever it is shown."""


class EndpointError(SkeletonLLMError):
    """No request can succeed any more: the key, the quota, the server. Says nothing of a clip."""

    code = "no_answer"


class BudgetError(EndpointError):
    """The next request might cost more than is left of the budget; nothing was sent."""


REJECT_CODES: dict[str, str] = {
    "empty": "the file has no bytes",
    "truncated": "the file ends before its own counts say so",
    "format": "the content is not of the expected format",
    "encoding": "the bytes are not valid text",
    "not_a_file": "a directory or special file stands where a file should",
    "unreadable": "the file could not be opened or read",
    "unsafe": "the file tries to execute code or expand without bound",
    "no_body": "no person is tracked in any frame",
    "no_frames": "the clip has zero frames",
    "non_finite": "infinite coordinates",
    "missing_joints": "more than half of the joints are missing",
    "out_of_range": "coordinates no sensor can produce",
    "unknown_label": "the label is not one of the corpus",
    "unlabelled": "the clip has neither a label nor a caption",
    "duplicate_id": "another source gives a clip of the same id",
    "no_body_model": "the body model that turns its poses into joints is not there",
    "listed_missing": "an official list of missing skeletons names the clip",
    "unsuitable": "what was asked for does not suit this clip",
    "not_drawn": "no renderer can draw the clip",
    "no_answer": "the teacher gave no answer in any attempt",
    "refused": "the teacher would not answer",
    "truncated_answer": "the answer was cut at its most tokens",
    "filtered": "a content filter stopped the question or the answer",
    "not_structured": "the answer is not of the form asked for, nor was the second one",
    "wrong_label": "the answer concludes another label than the true one",
    "contradicted": "the joints contradict more of the rationale than is allowed",
    "damaged": "the sample in the release is damaged",
    "internal": "an error that nobody foresaw, by its name: please report it",
}
"""Why a source or clip is rejected. Codes are never renamed; new ones come in a minor version."""
