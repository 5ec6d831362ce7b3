"""What is asked about a clip: a kind, and what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass

from skeletonllm.errors import UsageError

KINDS = {
    "recognition": "a class",
    "caption": "a caption",
    "explanation": "an explanation",
    "question": "an answer to a question",
}
"""Kinds of inquiry, and what the model gives."""

MAX_TOKENS = {"caption": 96, "explanation": 512, "question": 64}
"""Tokens of an answer in the model's own words, unless another number is asked for. A rationale of
15 steps has about 400."""


@dataclass(frozen=True, kw_only=True)
class Inquiry:
    """One question about one clip.

    Args:
        kind: One of :data:`KINDS`.
        question: In words; of kind ``question`` alone, the others have words of their own.
        classes: Of a recognition: the classes to choose from; empty for those that the checkpoint
            was trained on.
        choices: Of a question: the answers to choose from; empty for the model's own words.
        max_tokens: Of an answer in the model's own words; None for :data:`MAX_TOKENS`.

    Raises:
        UsageError: The kind is unknown, or something does not belong to it.

    Example:
        >>> Inquiry(kind="question", question="Which hand?", choices=("left", "right")).kind
        'question'
    """

    kind: str = "recognition"
    question: str = ""
    classes: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    max_tokens: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"kind {self.kind!r}", expected=f"one of {', '.join(KINDS)}")
        self._check_question()
        for name, owner in (("classes", "recognition"), ("choices", "question")):
            self._check_names(name, owner)
        if self.max_tokens is not None and self.max_tokens < 1:
            raise UsageError(f"max_tokens {self.max_tokens}", expected="1 or more")

    @property
    def most_tokens(self) -> int:
        """Tokens that an answer in the model's own words may have."""
        return self.max_tokens or MAX_TOKENS[self.kind]

    @classmethod
    def of(cls, question: str, kind: str | None = None, **more: object) -> Inquiry:
        """The inquiry that a person means: words alone are a question, no words a recognition.

        Args:
            question: What was typed; possibly nothing.
            kind: Named one, if any.
            **more: Other fields.
        """
        kind = kind or ("question" if question.strip() else "recognition")
        return cls(kind=kind, question=question, **more)  # type: ignore[arg-type]

    def _check_question(self) -> None:
        asked = bool(self.question.strip())
        if asked and self.kind != "question":
            raise UsageError(
                f"the question {self.question!r} beside kind {self.kind}",
                expected="words with kind question alone",
                hint="Leave out the one or the other: this kind asks in words of its own.",
            )
        if not asked and self.kind == "question":
            raise UsageError("no question", expected="some words", hint="What is asked?")

    def _check_names(self, name: str, owner: str) -> None:
        names: tuple[str, ...] = getattr(self, name)
        if names and self.kind != owner:
            raise UsageError(
                f"{name} beside kind {self.kind}", expected=f"{name} with kind {owner} alone"
            )
        blank = any(not text.strip() or "\n" in text for text in names)
        if names and (blank or len(names) < 2 or len(set(names)) != len(names)):
            raise UsageError(
                f"{name} {list(names)}", expected="two or more, all different, a line of text each"
            )
