"""Files of a rebuilt release that speak of others: its report, descriptions and manifest."""

from __future__ import annotations

from typing import Any, cast

import pyarrow as pa

from schemas import QUESTION, RATIONALE, REJECT
from skeletonllm.publishing.recipe.layout import OF_RELEASE, PICTURED
from skeletonllm.release.croissant import describe_file
from skeletonllm.release.draft import Draft
from skeletonllm.release.inputs import Contents, Inputs
from skeletonllm.release.manifest import list_entries
from skeletonllm.release.report import make_report
from skeletonllm.release.verify.files import CARD, CROISSANT, LICENCES, STATISTICS
from skeletonllm.storage import (
    TOPOLOGIES,
    join,
    read_bytes,
    read_json,
    read_table,
    sha256_of,
    write_bytes,
    write_json,
)
from skeletonllm.storage.layout import MANIFEST, table_file


def write_descriptions(recipe: str, folder: str, index: pa.Table) -> bool:
    """Write what is left of a release once its tars and tables stand, the manifest last.

    Args:
        recipe: Folder of the recipe.
        folder: Of the release.
        index: As it was written.

    Returns:
        Whether every byte is that of the release. Where not, the manifest lists what is there, and
        says of which release it is the rebuilding.
    """
    manifest = read_json(join(recipe, OF_RELEASE, MANIFEST))
    write_bytes(join(folder, PICTURED), _draw(folder, manifest, index).encode())
    for path in (CARD, CROISSANT):
        write_bytes(join(folder, path), read_bytes(join(recipe, OF_RELEASE, path)))
    entries = list_entries(folder)
    if entries == sorted(manifest["files"], key=lambda entry: entry["path"]):
        write_bytes(join(folder, MANIFEST), read_bytes(join(recipe, OF_RELEASE, MANIFEST)))
        return True
    write_json(join(folder, CROISSANT), _describe_again(folder, entries))
    files = list_entries(folder, [e for e in entries if e["path"] != CROISSANT])
    of, _ = sha256_of(join(recipe, OF_RELEASE, MANIFEST))
    write_json(join(folder, MANIFEST), {**manifest, "files": files, "rebuilt_of": of})
    return False


def _draw(folder: str, manifest: dict[str, Any], index: pa.Table) -> str:
    """The report, from the tables of the release and from its motions."""
    read = {
        "rationales": read_table(join(folder, table_file("rationales")), schema=RATIONALE),
        "rejects": read_table(join(folder, table_file("rejects")), schema=REJECT),
    }
    topologies, licences = (read_json(join(folder, name)) for name in (TOPOLOGIES, LICENCES))
    none = QUESTION.arrow.empty_table()
    contents = Contents(
        index=index,
        negatives=none,
        questions=none,
        topologies=topologies,
        licences=licences,
        **read,
    )
    stages = cast("Inputs", None)  # a report tells nothing of the stages' folders
    numbers = restore_order(read_json(join(folder, STATISTICS)))
    return make_report(folder, Draft(stages, contents, manifest, licences, numbers))


def restore_order(numbers: dict[str, Any]) -> dict[str, Any]:
    """Statistics in the order in which they were counted: a file has sorted keys.

    The most frequent comes first, then by name; so a report shows them.
    """
    ordered: dict[str, Any] = _order(numbers)
    splits = ordered["splits"]
    return {**ordered, "splits": {name: splits[name] for name in _SPLITS if name in splits}}


_SPLITS = ("subject", "camera", "setup")


def _order(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if all(type(count) is int for count in value.values()):
        return dict(sorted(value.items(), key=lambda item: (-item[1], item[0])))
    return {key: _order(inner) for key, inner in value.items()}


def _describe_again(folder: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The Croissant description with the sizes and hashes of the files as they are."""
    described: dict[str, Any] = read_json(join(folder, CROISSANT))
    found = {entry["path"]: entry for entry in entries}
    distribution = [
        describe_file(found[item["@id"]]) if item["@id"] in found else item
        for item in described["distribution"]
    ]
    return {**described, "distribution": distribution}
