"""``README.md``: the dataset card, with the front matter the Hugging Face Hub reads."""

from __future__ import annotations

import json
from typing import Any

import pyarrow.compute as pc
import yaml

from schemas import ALL_CLIPS
from skeletonllm.release.draft import Draft
from skeletonllm.release.features import list_features

HUB_LICENCES = {
    "cc0-1.0",
    "cc-by-4.0",
    "cc-by-sa-3.0",
    "cc-by-sa-4.0",
    "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0",
    "apache-2.0",
    "mit",
}
"""Licence ids that the Hub knows by the same name; every other id is ``other`` there."""
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_READING = """\
All paths here start in the folder above `RELEASE`. With SkeletonLLM:

```python
from skeletonllm.stream.stream import Stream
from skeletonllm.views.view import View

stream = Stream("RELEASE", View(), seed=0, batch_size=24)
batch = next(iter(stream))  # 24 samples: .motion, .label, .negatives, .rationales
```

Without it, positions `[frames, persons, joints, 3]` come from the arrays of `motion.npz`. Where
`present` is given and false, or `confidence` is given and 0, no joint was observed:

```python
import numpy as np


def positions(arrays, quantum):
    low, high = np.asarray(arrays["deltas"], np.int64)  # [persons, joints, 3, frames]
    steps = low + 256 * high
    if arrays.get("far") is not None:
        steps.reshape(-1)[arrays["far_at"]] = arrays["far"]
    return steps.cumsum(axis=-1).transpose(3, 0, 1, 2) * quantum
```

With Hugging Face `datasets`, with or without `streaming`. The types of all columns are declared
at the top of this card; what a clip lacks is `None`:

```python
from datasets import load_dataset

clips = load_dataset("./RELEASE", split="train", streaming=True)
for clip in clips:
    meta = clip["json"]
    joints = positions(clip["motion.npz"], meta["quantum"])
```

With plain `webdataset`:

```python
from glob import glob

from webdataset import WebDataset

tars = sorted(glob("RELEASE/shards/*.tar"))
for sample in WebDataset(tars, shardshuffle=False).decode():
    meta = sample["json"]
    joints = positions(sample["motion.npz"], meta["quantum"])
```

The tables without the tars, with DuckDB, for example the classes with what was told of them:

```sql
SELECT i.label_namespace, i.label,
       count(DISTINCT i.clip_id) AS clips,
       count(r.rationale_id) AS rationales,
       round(avg(r.grounded), 3) AS grounded
FROM 'RELEASE/index.parquet' AS i
LEFT JOIN 'RELEASE/rationales.parquet' AS r
       ON r.clip_id = i.clip_id AND r.status <> 'rejected'
GROUP BY ALL
ORDER BY clips DESC, i.label_namespace, i.label;
```

And by what `croissant.json` says of them, with `mlcroissant`:

```python
from mlcroissant import Dataset

rows = Dataset("RELEASE/croissant.json").records("index")
clip_ids = [row["index/clip_id"].decode() for row in rows]
```"""
"""How to read a release; tests run what stands here."""
_VIEWS = """\
A ranking of negatives has looked at the clips it was mined from, and a teacher at those it was
asked about. A stream takes what was made for its own view, and refuses what was mined from clips
that its view leaves out. All rankings are in `negatives.parquet`, none in the tars."""
_NO_LEAKS = """\
None: no clip and no motion stands in both parts of a published protocol, and no motion twice. Only
motions of the same numbers were looked for; `skeletonllm quality` finds near copies."""
_MOST_ROWS = 200
"""Classes listed on the card; ``statistics.json`` has them all."""


def make_card(draft: Draft, changes: str | None = None) -> str:
    """The dataset card as Markdown: front matter for the Hub, then one section for each topic.

    Args:
        draft: What the release says.
        changes: The entry of its changelog; None where it replaces nothing.
    """
    head, numbers, licences = draft.head, draft.numbers, draft.licences
    sections = [
        f"---\n{make_front_matter(head, numbers, licences, count_bytes(draft))}---",
        f"# {head['name']} {head['version']}",
        _about(head, numbers),
        *([] if changes is None else ["## What changed\n" + changes.partition("\n")[2].rstrip()]),
        "## What is inside\n\n" + _files(head),
        "## Clips\n\n" + _clips(numbers),
        "## Classes\n\n" + _classes(numbers["labels"]),
        "## Known leaks\n\n" + _leaks(draft.leaks),
        "## What was mined and asked about\n\n" + _views(head["views"]),
        "## Licences\n\n" + _licences(head, licences),
        "## Where it came from\n\n" + _lineage(head["lineage"]),
        "## Reading it\n\n" + _reading(head),
    ]
    return "\n\n".join(sections) + "\n"


def count_bytes(draft: Draft) -> int:
    """Bytes of all samples of a release."""
    return int(pc.sum(draft.contents.index.column("size"), min_count=0).as_py())


def make_front_matter(
    head: dict[str, Any], numbers: dict[str, Any], licences: dict[str, Any], size: int = 0
) -> str:
    """What the Hub reads, as YAML; strings are written as JSON, which YAML contains.

    ``datasets`` keeps what it loads from a folder under the folder's last name, here the version,
    and under a hash of these lines. Their sizes keep it from taking one release for another.

    Args:
        head: Name and version of the release.
        numbers: ``statistics.json``.
        licences: ``licences.json``.
        size: Bytes of all samples.
    """
    category = size_category(numbers["clips"])
    (only,) = licences if len(licences) == 1 else (None,)
    licence = only if only in HUB_LICENCES else "other"
    lines = [
        f"pretty_name: {json.dumps(head['name'] + ' ' + head['version'])}",
        f"license: {licence}",
        *([] if licence != "other" else ["license_name: see-licences-json"]),
        *([] if licence != "other" else ["license_link: licences.json"]),
        "language: [en]",
        f"size_categories: [{json.dumps(category)}]",
        "tags: [skeleton, human-motion, action-recognition, webdataset]",
        "configs:",
        "- config_name: default",
        "  data_files: shards/*.tar",
    ]
    whole = {"name": "train", "num_bytes": size, "num_examples": numbers["clips"]}
    declared = {
        "dataset_info": {
            "config_name": "default",
            "features": list_features(),
            "splits": [whole],
            "download_size": size,
            "dataset_size": size,
        }
    }
    columns = yaml.safe_dump(declared, sort_keys=False, default_flow_style=None)
    return "\n".join(lines) + "\n" + columns


def read_front_matter(card: str) -> str:
    """The head of a card as its lines.

    Raises:
        ValueError: It has none.
    """
    before, head, _ = card.split("---\n", 2)
    if before:
        raise ValueError("it does not begin with ---")
    return head


class _StrictLoader(yaml.SafeLoader):
    """YAML in which no key stands twice, and nothing is said elsewhere."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.composer.ComposerError(None, None, "an alias", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for number, key in enumerate(keys):
            if key in keys[:number]:
                mark = node.value[number][0].start_mark
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands twice", mark)
        return super().construct_mapping(node, deep)


def parse_front_matter(head: str) -> Any:
    """What the head of a card says. It is small: plain YAML is read in some tens of milliseconds.

    Raises:
        YAMLError: It is no YAML, or a key stands twice, of which each reader takes another.
    """
    return yaml.load(head, _StrictLoader)


def size_category(clips: int) -> str:
    """How the Hub words a number of rows.

    Example:
        >>> size_category(1484)
        '1K<n<10K'
    """
    return next((word for limit, word in _SIZES if clips < limit), "n>1M")


def _about(head: dict[str, Any], numbers: dict[str, Any]) -> str:
    corpora = ", ".join(f"{name} ({count})" for name, count in numbers["corpora"].items())
    length = format_duration(numbers["seconds"].get("total", 0))
    return (
        f"{numbers['clips']} clips of human motion ({length}) as skeletons, from {corpora}; "
        f"{len(set().union(*numbers['labels'].values()))} classes, "
        f"{head['counts']['rationales']} rationales. Cut by SkeletonLLM for "
        f"{'anyone' if head['audience'] == 'public' else 'internal use'}."
    )


def format_duration(seconds: float) -> str:
    """A duration as text: hours, or minutes below one hour.

    Example:
        >>> format_duration(90), format_duration(9000)
        ('1.5 min', '2.5 h')
    """
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"


def _files(head: dict[str, Any]) -> str:
    counts = head["counts"]
    replaces = bool(head["lineage"]["parent"])
    rows = [
        *([("`changes.md`", "what changed since earlier versions")] * replaces),
        ("`shards/*.tar`", f"{counts['shards']} WebDataset tars with {counts['samples']} samples"),
        ("`index.parquet`", "where each sample lies (tar, offset, size) and what it is"),
        ("`negatives.parquet`", f"{counts['negatives']} ranked pairs of classes"),
        ("`rationales.parquet`", f"{counts['rationales']} rationales, checked step by step"),
        ("`rejects.parquet`", f"{counts['rejects']} sources or clips that were refused, and why"),
        ("`topologies.json`", "the skeletons"),
        ("`licences.json`", "the terms of every clip"),
        ("`statistics.json`, `report.html`", "numbers and pictures to judge it by"),
        ("`croissant.json`", "the same for machines (Croissant 1.0)"),
        ("`manifest.json`", "hash of every file, and lineage"),
    ]
    return make_markdown_table(("file", "content"), rows)


def _clips(numbers: dict[str, Any]) -> str:
    seconds, frames = numbers["seconds"], numbers["frames"]
    rows = [
        ("skeletons", _listed(numbers["topologies"])),
        ("persons in a clip", _listed(numbers["persons"])),
        ("frames a second", _listed(numbers["fps"])),
        ("frames (median, range)", _range(frames)),
        ("seconds (median, range)", _range(seconds)),
        ("unobserved joints", _listed(_shares(numbers["missing_joints"]))),
        ("noticed or repaired", _listed(numbers["flags"]) or "nothing"),
        ("normalized as", _listed(numbers["profiles"])),
        ("refused", _listed(numbers["rejects"]) or "nothing"),
    ]
    return make_markdown_table(("", ""), rows)


def _classes(labels: dict[str, dict[str, int]]) -> str:
    rows = [(ns, name, n) for ns, counts in labels.items() for name, n in sorted(counts.items())]
    shown = make_markdown_table(("namespace", "class", "clips"), rows[:_MOST_ROWS])
    left = len(rows) - _MOST_ROWS
    return shown if left <= 0 else f"{shown}\n\n{left} more in `statistics.json`."


def _leaks(leaks: tuple[str, ...]) -> str:
    """What a test would see of its training, which the corpora brought along."""
    lines = [f"- {' '.join(leak.split())}" for leak in leaks]
    return "\n".join(lines).replace("<", "&lt;") or _NO_LEAKS


def _views(views: dict[str, list[dict[str, Any]]]) -> str:
    """Whose clips the rankings and the rationales have looked at."""
    rows = [(kind, *_view(made)) for kind, of in views.items() for made in of]
    if not rows:
        return "Nothing: there are neither negatives nor rationales."
    header = ("", "whose clips", "hash of the view", "rows")
    return _VIEWS + "\n\n" + make_markdown_table(header, rows)


def _view(made: dict[str, Any]) -> tuple[Any, ...]:
    if made["name"] == ALL_CLIPS:
        return "all labelled clips, those of test parts as well", "-", made["rows"]
    return f"training clips of {made['name']}", f"`{made['sha256']}`", made["rows"]


def _licences(head: dict[str, Any], licences: dict[str, Any]) -> str:
    rows = [(k, t["clips"], t["redistribute"], t["url"] or "-") for k, t in licences.items()]
    overall = head["licences"]["redistribute"]
    terms = f"Redistribution of the whole: **{overall}**. Each sample names its licence.\n\n"
    return terms + make_markdown_table(("licence", "clips", "redistribute", "terms"), rows)


def _lineage(lineage: dict[str, Any]) -> str:
    rows = [(c, s["files"], f"`{s['sha256'][:16]}`") for c, s in lineage["sources"].items()]
    parent, teacher = lineage["parent"], lineage["teacher"]
    names = ", ".join(teacher["names"]) or "none"
    lines = [
        f"- Made by {lineage['code']}.",
        f"- Replaces {parent['name']} {parent['version']}." if parent else "- Replaces nothing.",
        f"- Rationales by: {names}; {teacher['tokens_in'] + teacher['tokens_out']} tokens, "
        f"{teacher['usd']:.2f} USD.",
    ]
    return (
        make_markdown_table(("corpus", "source files", "hash of hashes"), rows)
        + "\n\n"
        + "\n".join(lines)
    )


def _reading(head: dict[str, Any]) -> str:
    return _READING.replace("RELEASE", f"{head['name']}/{head['version']}")


def make_markdown_table(header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    """A Markdown table; cells cannot break out of it.

    Args:
        header: Names of the columns.
        rows: One tuple a row, with as many cells as the header.
    """
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(c) for c in line) + " |" for line in lines)


def _cell(value: Any) -> str:
    text = str(value).replace("|", "\\|").replace("<", "&lt;")
    return " ".join(text.split())


def _listed(counts: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in counts.items())


def _range(spread: dict[str, float]) -> str:
    if not spread:
        return "-"
    return f"{spread['median']:g} ({spread['min']:g} to {spread['max']:g})"


def _shares(missing: dict[str, Any]) -> dict[str, str]:
    return {name: f"{entry['share']:.2%}" for name, entry in missing.items()}
