"""Which reader a path is for: all of them try, and what none takes is described."""

from skeletonllm.corpora.identify.guess import Guess, identify_corpus

__all__ = ["Guess", "identify_corpus"]
