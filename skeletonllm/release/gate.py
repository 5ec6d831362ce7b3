"""The licence gate: the licences of the clips decide who may get a release."""

from __future__ import annotations

from collections import Counter
from typing import Any

from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.licences import REDISTRIBUTE, get_licence

AUDIENCES = ("internal", "public")


def summarize_licences(clips: Counter[str], known: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """``licences.json``: by licence id its terms, and the number of clips that carry it.

    Args:
        clips: Licence id -> number of clips.
        known: Definitions that came with the clips; an id without one may not be redistributed.
    """
    defined = {name: known.get(name, get_licence(name).to_json()) for name in sorted(clips)}
    return {name: {**terms, "clips": clips[name]} for name, terms in defined.items()}


def find_strictest_terms(summary: dict[str, dict[str, Any]]) -> str:
    """What all licences together allow: ``yes``, ``sharealike``, ``noncommercial`` or ``no``."""
    allowed = [_allowed(terms) for terms in summary.values()]
    return max(allowed, key=REDISTRIBUTE.index, default="yes")


def check_audience(audience: str, summary: dict[str, dict[str, Any]]) -> None:
    """Refuse a release whose licences do not allow this audience.

    Args:
        audience: One of :data:`AUDIENCES`.
        summary: What :func:`summarize_licences` returned.

    Raises:
        UsageError: No such audience.
        ReleaseError: ``public``, and clips that may not be redistributed: each licence is listed.
    """
    if audience not in AUDIENCES:
        raise UsageError(f"audience {audience!r}", expected=f"one of {', '.join(AUDIENCES)}")
    faults = find_licence_faults(audience, summary)
    if faults:
        raise ReleaseError(
            f"a public release may not hold {'; '.join(faults)}",
            hint="Cut it with audience 'internal', or leave these corpora out.",
        )


def find_licence_faults(audience: str, summary: dict[str, dict[str, Any]]) -> list[str]:
    """A sentence for each licence that forbids this audience, with its number of clips.

    Args:
        audience: One of :data:`AUDIENCES`; ``internal`` allows every licence.
        summary: What :func:`summarize_licences` returned.
    """
    closed = {name: t for name, t in sorted(summary.items()) if _allowed(t) == "no"}
    if audience != "public":
        return []
    return [
        f"{t['clips']} clips under {name!r} ({t['url'] or 'no terms'})"
        for name, t in closed.items()
    ]


def list_closed(summary: dict[str, dict[str, Any]]) -> frozenset[str]:
    """Ids of the licences under which nothing of a clip may be passed on."""
    return frozenset(name for name, terms in summary.items() if _allowed(terms) == "no")


def _allowed(terms: dict[str, Any]) -> str:
    stated = terms.get("redistribute")
    return stated if stated in REDISTRIBUTE else "no"
