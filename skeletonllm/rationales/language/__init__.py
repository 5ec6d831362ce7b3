"""The language of claims: sentences from claims, claims from sentences, and what is wrong in them.

:func:`compose_sentence` and :func:`compose_summary` write; :func:`parse_claims` reads back what
they wrote; :func:`find_sentence_faults` and :func:`find_text_faults` judge words, whoever wrote
them.
"""

from skeletonllm.rationales.language.composer import compose_sentence, compose_summary
from skeletonllm.rationales.language.faults import find_sentence_faults, find_text_faults
from skeletonllm.rationales.language.forms import (
    FORMS,
    find_form_fault,
    list_claims,
    list_facts,
    unify_claim,
)
from skeletonllm.rationales.language.measures import Measure
from skeletonllm.rationales.language.parser import ParsedClaim, parse_claims
from skeletonllm.rationales.language.phrasing import Phrasing

__all__ = [
    "FORMS",
    "Measure",
    "ParsedClaim",
    "Phrasing",
    "compose_sentence",
    "compose_summary",
    "find_form_fault",
    "find_sentence_faults",
    "find_text_faults",
    "list_claims",
    "list_facts",
    "parse_claims",
    "unify_claim",
]
