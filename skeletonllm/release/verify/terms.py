"""The licences of a release: whose clips they are, and what the registry here says of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from skeletonllm.licences import REDISTRIBUTE, get_licence, list_licences
from skeletonllm.release.gate import find_licence_faults, find_strictest_terms
from skeletonllm.release.verify.files import LICENCES


def find_terms_faults(
    manifest: Mapping[str, Any], licences: Any, carried: Counter[str] | None
) -> Iterator[str]:
    """Terms that are more than the registry allows, and counts that are not those of the samples.

    Terms of an id that nobody registered here are taken as they are stated, as when the release was
    cut: a lab's own. Those of a known id may be stricter than here, and never more liberal.

    Args:
        manifest: Of the right form.
        licences: Content of ``licences.json``.
        carried: Licence id -> number of samples that carry it; None if not all could be read.
    """
    if fault := find_terms_form_fault(licences):
        yield f"{LICENCES}: {fault}"
        return
    for name, terms in sorted(licences.items()):
        yield from (f"{LICENCES}: {fault}" for fault in _compare_registry(name, terms))
    total = sum(terms["clips"] for terms in licences.values())
    if carried is None:
        samples = manifest["counts"].get("samples")
        if total != samples:
            yield f"{LICENCES}: terms for {total} clips of {samples}"
    else:
        yield from _compare_counts(licences, carried)
    for fault in find_licence_faults(str(manifest.get("audience")), _strict(licences)):
        yield f"{LICENCES}: a public release holds {fault}"
    yield from _compare_manifest(manifest["licences"], licences)


def find_terms_findings(licences: Any) -> Iterator[str]:
    """Licences that nobody registered here: their terms are taken on trust."""
    if find_terms_form_fault(licences):
        return
    known = {licence.id for licence in list_licences()}
    for name, terms in sorted(licences.items()):
        if name not in known:
            said = f"{terms['clips']} clips under {name!r}, which is not known here"
            yield f"{LICENCES}: {said}; taken as stated: redistribute {terms['redistribute']}"


def find_terms_form_fault(licences: Any) -> str | None:
    """What of ``licences.json`` is of no form that can be read; None if nothing is."""
    if not isinstance(licences, Mapping):
        return f"a JSON {type(licences).__name__} and no object"
    for name, terms in sorted(licences.items()):
        if not isinstance(terms, Mapping) or type(terms.get("clips")) is not int:
            return f"{name!r} does not say how many clips carry it"
        if terms.get("redistribute") not in REDISTRIBUTE or not isinstance(terms.get("url"), str):
            return f"{name!r} does not say its terms"
    return None


def _compare_registry(name: str, terms: Mapping[str, Any]) -> Iterator[str]:
    """All that is known of a licence; who adds a sentence to its terms grants what nobody did."""
    known = get_licence(name)
    expected = {"id": name}
    if _is_known(name):
        expected["url"] = known.url
        expected["redistribute"] = _least(name, terms["redistribute"])
    for key, value in expected.items():
        if key not in terms:
            yield f"{name!r} does not say its {key}"
        elif terms[key] != value:
            yield f"{name!r} says {key} {terms[key]!r}; it is {value!r}"
    for key in sorted(set(terms) - {*known.to_json(), "clips"}):
        yield f"{name!r} says {key!r}, which no release says"


def _is_known(name: str) -> bool:
    return name in {licence.id for licence in list_licences()}


def _strict(licences: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The terms with what the registry here allows, where that is less."""
    return {
        name: {**terms, "redistribute": _least(name, terms["redistribute"])}
        for name, terms in licences.items()
    }


def _least(name: str, stated: str) -> str:
    known = get_licence(name).redistribute if _is_known(name) else stated
    return max(stated, known, key=REDISTRIBUTE.index)


def _compare_counts(licences: Mapping[str, Any], carried: Counter[str]) -> Iterator[str]:
    for name in sorted({*licences, *carried}):
        stated = licences[name]["clips"] if name in licences else 0
        if stated != carried[name]:
            yield f"{LICENCES}: {stated} clips under {name!r}; {carried[name]} samples carry it"


def _compare_manifest(stated: Mapping[str, Any], licences: Mapping[str, Any]) -> Iterator[str]:
    overall = find_strictest_terms(_strict(licences))
    if stated.get("redistribute") != overall:
        said = stated.get("redistribute")
        yield f"manifest: licences.redistribute is {said!r}; {LICENCES} gives {overall!r}"
    counts = {name: terms["clips"] for name, terms in licences.items()}
    if stated.get("clips") != counts:
        yield f"manifest: licences.clips is {stated.get('clips')}; {LICENCES} gives {counts}"
