"""Which stages of a lineage made a clip, and what the lineage does not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Stage = dict[str, Any]


def find_making(lineage: Mapping[str, Any], meta: Mapping[str, Any]) -> list[Stage]:
    """The ``normalize`` stages that may have made a clip.

    Those of its corpus, and among them those of its profile and licence: a lineage names no clips.

    Args:
        lineage: Of the manifest.
        meta: The text of the sample.
    """
    stages = [s for s in lineage.get("stages", []) if s.get("stage") == "normalize"]
    own = [stage for stage in stages if meta["corpus"] in _name_corpus(stage)]
    alike = [stage for stage in own if _is_alike(stage["config"], meta)]
    return alike or own


def _name_corpus(stage: Stage) -> set[Any]:
    """What ``--corpus`` was, and what the reader is called: a reader of one's own has both."""
    return {stage.get("config", {}).get("corpus"), stage.get("reader", {}).get("name")}


def _is_alike(config: Mapping[str, Any], meta: Mapping[str, Any]) -> bool:
    return all(config.get(name, meta[name]) == meta[name] for name in ("profile", "licence"))


def find_unknown(
    lineage: Mapping[str, Any],
    made_by: Sequence[Stage],
    rationales: Sequence[Mapping[str, Any]],
    stages: Sequence[Stage],
) -> Iterator[str]:
    """What nobody wrote down, as sentences.

    Args:
        lineage: Of the manifest.
        made_by: What :func:`find_making` found.
        rationales: Those of the clip.
        stages: The other stages of the lineage.
    """
    yield from _about_making(lineage, made_by)
    silent = sorted({s["stage"] for s in stages if "code" not in s})
    if silent:
        yield f"which code ran {', '.join(silent)}: the lineage names that of the cut alone"
    if any(row["prompt_sha256"] for row in rationales):
        yield (
            "the words of prompts and answers: the release has their hashes; the folder of the "
            "answers (ask_teacher) has the words"
        )
    if unasked := sum(row["prompt_sha256"] is None for row in rationales):
        yield f"prompts of {unasked} rationales: none was sent, their teacher works offline"
    if any("answers" in s.get("config", {}) for s in stages if s["stage"] == "mine_negatives"):
        yield "what the rankings of a teacher cost: spend.json of its answers says it"


def _about_making(lineage: Mapping[str, Any], made_by: Sequence[Stage]) -> Iterator[str]:
    if not made_by:
        yield "how it was normalized: no stage of the lineage is of its corpus"
    if len(made_by) > 1:
        yield f"which of {len(made_by)} normalize stages made it: they were run alike"
    if any("reader" not in stage for stage in made_by):
        code = lineage.get("code")
        yield f"the version of the reader: the lineage names only the code that cut it, {code}"
    if any("code" not in stage for stage in made_by):
        yield "which code normalized it: the lineage names that of the cut alone"
