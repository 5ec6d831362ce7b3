"""Evaluations that were run: found in folders, and told apart by what was tested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skeletonllm.errors import UsageError
from skeletonllm.storage import exists, join, list_files, read_json

FILE = "evaluation.json"


@dataclass(frozen=True)
class Evaluated:
    """One namespace of one evaluation.

    Args:
        where: Folder, below the one that was named.
        who: Model, renderer and stage, or the baseline.
        judged: What was tested: a protocol, or what training left out.
        task: What was asked.
        namespace: Of the labels.
        scores: What ``evaluation.json`` says of the clips as they are.
        conditions: The same, of what was shown otherwise, by condition.
        trained: Corpora that the last stage learned from, if it names them.
    """

    where: str
    who: str
    judged: str
    task: str
    namespace: str
    scores: Mapping[str, Any]
    conditions: Mapping[str, Mapping[str, Any]]
    trained: tuple[str, ...] = ()

    @property
    def protocol(self) -> str:
        """What was tested, without how candidates were chosen."""
        return self.judged.partition(",")[0]

    @property
    def generalized(self) -> bool:
        """Whether seen classes were tested and offered as well."""
        return "generalized" in self.scores

    def top1(self, condition: str) -> float | None:
        """Share of right answers where clips were shown otherwise; None where nobody ran it."""
        found = self.conditions.get(condition, {}).get("top1")
        return None if found is None else float(found)


def find_evaluations(folders: Sequence[str]) -> list[Evaluated]:
    """All evaluations and baselines in or below folders, in order of their names.

    Args:
        folders: Each with ``evaluation.json``, or holding folders that have one.

    Raises:
        UsageError: A folder is missing, or holds none.
    """
    found: list[Evaluated] = []
    for folder in folders:
        if not exists(folder):
            raise UsageError("no such folder", where=folder, hint="Check the path.")
        here = [path for path in sorted(list_files(folder)) if path.split("/")[-1] == FILE]
        if not here:
            hint = "Give the --output of `skeletonllm evaluate` or `skeletonllm baseline`."
            raise UsageError(f"no {FILE} here or below", where=folder, hint=hint)
        for path in here:
            found += _read(join(folder, path), path.removesuffix(FILE).rstrip("/"))
    return found


def _read(url: str, where: str) -> Iterator[Evaluated]:
    data = read_json(url)
    if not isinstance(data, dict) or not isinstance(data.get("results"), dict):
        raise UsageError("no evaluation", where=url, hint="Evaluate into a new folder.")
    for namespace, scores in data["results"].items():
        others = data.get("conditions", {})
        conditions = {
            name: found[namespace] for name, found in others.items() if namespace in found
        }
        task = data.get("task", "recognition")
        told = _name(data), data["judged"], task, namespace, scores, conditions
        yield Evaluated(where, *told, tuple(data.get("trained_corpora") or ()))


def _name(data: Mapping[str, Any]) -> str:
    if "baseline" in data:
        texts = data.get("texts")
        return f"{data['baseline']}, {texts}" if texts else str(data["baseline"])
    return ", ".join(str(data[key]) for key in ("model", "renderer", "stage") if key in data)
