"""The words of a caption: the same for BLEU, ROUGE-L and CIDEr.

Papers tokenize each in its own way, or not at all, which moves scores by points; here it is one way
that is named. Whether a caption ends in a full stop is chance in HumanML3D, so that punctuation is
no word, as in the evaluation of COCO.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from skeletonllm.evaluation.captions.packages import load_package

Words = Sequence[str]

TOKENS = "sacrebleu's 13a of the text in lower case, without tokens of punctuation alone"
"""How :func:`make_splitter` splits, as it is stored with every score."""


def make_splitter() -> Callable[[str], list[str]]:
    """A function that gives the words of a text.

    Raises:
        UsageError: sacrebleu is not installed.

    Example:
        >>> make_splitter()("A person's left hand goes up, 1.5 m.")
        ['a', "person's", 'left', 'hand', 'goes', 'up', '1.5', 'm']
    """
    tokenize = load_package("sacrebleu.tokenizers.tokenizer_13a", "evaluation").Tokenizer13a()

    def split_words(text: str) -> list[str]:
        tokens: list[str] = tokenize(text.lower().strip()).split()
        return [token for token in tokens if any(map(str.isalnum, token))]

    return split_words
