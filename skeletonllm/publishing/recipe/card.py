"""What a recipe says of itself: its card, and its description for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from typing import Any

import yaml

from schemas import ANNOTATION
from skeletonllm.publishing.recipe.layout import ANNOTATIONS, OF_RELEASE
from skeletonllm.release.card import make_markdown_table, size_category
from skeletonllm.release.croissant import describe_file, describe_table
from skeletonllm.storage.layout import MANIFEST, table_file

_ABOUT = """\
The recipe of a data set: what is told of {samples} clips of human motion as skeletons, from
{corpora}, **and not their motions**. Some or all of these corpora may not be passed on by others.
Who has them from their makers rebuilds the whole release with SkeletonLLM, and gets the same
motions, number for number."""
_REBUILD = """\
Get each corpus from its makers (the table says where), install SkeletonLLM, and name the folders
of the raw files:

```
{command}
```

Every clip is read and normalized as it was then, and compared with the hash of its motion that
stands here. The release then lies in `releases/{name}/{version}`. Where one clip differs or is
missing, nothing is called a release; the reasons are in a table."""
_PACKERS = """\
With Python {python}, numpy {numpy} and zlib {zlib} the tars have the same bytes, and the manifest
the same hash. With others the motions are the same and the tars are packed otherwise; the command
says so."""
_READING = """\
The tables need no SkeletonLLM. With DuckDB, in the folder above `{name}/{version}`:

```sql
SELECT i.label, a.source_uri, a.decoded_sha256, json_extract(a.json, '$.num_frames') AS frames
FROM '{name}/{version}/index.parquet' AS i
JOIN '{name}/{version}/annotations/*.parquet' AS a USING (clip_id)
ORDER BY i.position
LIMIT 5;
```

With Hugging Face `datasets`, a configuration a table:

```python
from datasets import load_dataset

told = load_dataset("./{name}/{version}", "annotations", split="train")
```"""
_FILES = {
    "annotations/*.parquet": "a row a clip, a file a tar: where it came from, the hash of its "
    "motion, and the text of its sample (labels, rationales, provenance)",
    "index.parquet": "the clips, and where each will lie in the rebuilt release",
    "negatives.parquet": "ranked pairs of classes",
    "rationales.parquet": "rationales, checked step by step",
    "questions.parquet": "questions with checked answers",
    "rejects.parquet": "sources or clips that were refused, and why",
    "topologies.json": "the skeletons",
    "licences.json": "the terms of every clip",
    "statistics.json": "numbers of the release",
    "changes.md": "what changed since earlier versions",
    "croissant.json": "the same for machines (Croissant 1.0)",
    "release/": "manifest, card and Croissant file of the whole release, as they will be again",
    "manifest.json": "hash of every file here, and lineage",
}


def make_recipe_card(
    head: Mapping[str, Any],
    numbers: Mapping[str, Any],
    licences: Mapping[str, Any],
    entries: Sequence[Mapping[str, Any]],
) -> str:
    """``README.md`` of a recipe: what it is, and how to make the release of it.

    Args:
        head: Of its manifest.
        numbers: ``statistics.json``.
        licences: ``licences.json``.
        entries: ``{path, sha256, bytes}`` of its tables.
    """
    named = {"name": head["name"], "version": head["version"]}
    corpora = sorted(head["lineage"]["sources"])
    asked = "questions" in head["counts"]
    rows = [
        (f"`{path}`", what)
        for path, what in _FILES.items()
        if (path != "questions.parquet" or asked)
        and (path != "changes.md" or head["lineage"]["parent"])
    ]
    terms = [(k, t["clips"], t["redistribute"], t["url"] or "-") for k, t in licences.items()]
    packers = find_packers(head["lineage"])
    sections = [
        f"---\n{make_recipe_head(head, numbers, entries)}---",
        f"# {head['name']} {head['version']}, the recipe",
        _ABOUT.format(samples=head["counts"]["samples"], corpora=", ".join(corpora)),
        "## How to rebuild the release\n\n" + _REBUILD.format(command=_command(corpora), **named),
        *([_PACKERS.format(**packers)] if packers else []),
        make_markdown_table(("licence", "clips", "redistribute", "where"), terms),
        "## What is inside\n\n" + make_markdown_table(("file", "content"), rows),
        "## Reading it\n\n" + _READING.format(**named),
        _END,
    ]
    return "\n\n".join(sections) + "\n"


_SET = "annotation-files"
"""Id of the set of files in Croissant; the records of them have the plain name."""
_END = """\
## Terms

The motions stay under the terms of their corpora, which are not given here. Captions that such a
corpus brought along are left out too: they come back with the raw files."""


def _command(corpora: Sequence[str]) -> str:
    given = [f"--corpus {corpus}=FOLDER" for corpus in corpora]
    return " \\\n    ".join(["skeletonllm rebuild RECIPE", *given, "-o releases"])


def make_recipe_head(
    head: Mapping[str, Any], numbers: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]
) -> str:
    """What the Hub reads: one configuration a table; of a table without rows it can make none.

    The sizes keep ``datasets`` from taking the recipe for another one in its cache; see
    :func:`skeletonllm.release.card.make_front_matter`.

    Args:
        head: Of its manifest.
        numbers: ``statistics.json``.
        entries: ``{path, sha256, bytes}`` of its tables.
    """
    counts = head["counts"]
    others = [n for n in ("negatives", "rationales", "questions", "rejects") if counts.get(n)]
    rows = {"index": counts["samples"], ANNOTATIONS: counts["samples"]}
    rows |= {name: counts[name] for name in others}
    files = {n: f"{n}/*.parquet" if n == ANNOTATIONS else table_file(n) for n in rows}
    sizes = {name: _sum_bytes(path, entries) for name, path in files.items()}
    default = {"index": {"default": True}}
    data = {
        "pretty_name": f"{head['name']} {head['version']} (recipe)",
        "license": "other",
        "license_name": "see-licences-json",
        "license_link": "licences.json",
        "language": ["en"],
        "size_categories": [size_category(numbers["clips"])],
        "tags": ["skeleton", "human-motion", "action-recognition", "recipe"],
        "configs": [
            {"config_name": name, "data_files": path, **default.get(name, {})}
            for name, path in files.items()
        ],
        "dataset_info": [
            {
                "config_name": name,
                "splits": [{"name": "train", "num_bytes": sizes[name], "num_examples": rows[name]}],
                "download_size": sizes[name],
                "dataset_size": sizes[name],
            }
            for name in files
        ],
    }
    return str(yaml.safe_dump(data, sort_keys=False))


def _sum_bytes(pattern: str, entries: Sequence[Mapping[str, Any]]) -> int:
    return sum(int(e["bytes"]) for e in entries if fnmatch(e["path"], pattern))


def find_packers(lineage: Mapping[str, Any]) -> dict[str, str] | None:
    """Versions of Python, numpy and zlib that packed the tars; None where nobody wrote them down.

    Args:
        lineage: Of a manifest.
    """
    stages = [s for s in lineage.get("stages", []) if s.get("stage") == "build_shards"]
    found = stages[-1].get("versions") if stages else None
    keys = ("python", "numpy", "zlib")
    return found if isinstance(found, dict) and all(key in found for key in keys) else None


def describe_recipe(
    release: Mapping[str, Any], entries: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """``croissant.json`` of a recipe, made of that of its release.

    Args:
        release: ``croissant.json`` of the release.
        entries: ``{path, sha256, bytes}`` of every file but this one and the manifest.
    """
    own = [e for e in entries if not e["path"].startswith((f"{ANNOTATIONS}/", f"{OF_RELEASE}/"))]
    # Files of the same names as our own, of which a reader needs one: the manifest names the rest.
    own += [e for e in entries if e["path"] == f"{OF_RELEASE}/{MANIFEST}"]
    files = {
        "@type": "cr:FileSet",
        "@id": _SET,
        "name": _SET,
        "description": "What is told of each clip; a file for each tar of the release.",
        "encodingFormat": "application/x-parquet",
        "includes": f"{ANNOTATIONS}/*.parquet",
    }
    told = describe_table(ANNOTATIONS, ANNOTATION, _SET)
    return {
        **release,
        "description": f"The recipe, without motions, of: {release['description']}",
        "distribution": [*map(describe_file, own), files],
        "recordSet": [*release["recordSet"], told],
    }
