"""Files of a rebuilt release that speak of others: its report, descriptions and manifest."""

from __future__ import annotations

from typing import Any

from schemas import SAMPLE
from skeletonllm.errors import ReleaseError, tell_first
from skeletonllm.publishing.recipe.layout import OF_RELEASE, PICTURED
from skeletonllm.release.card import make_front_matter, read_front_matter
from skeletonllm.release.croissant import describe_file
from skeletonllm.release.manifest import list_entries
from skeletonllm.release.report import make_report
from skeletonllm.release.verify.files import CARD, CROISSANT, LICENCES, STATISTICS
from skeletonllm.release.verify.inspection import (
    Checked,
    check_samples,
    find_described_faults,
)
from skeletonllm.release.verify.leaks import find_leaks
from skeletonllm.storage import (
    join,
    read_bytes,
    read_json,
    read_table,
    sha256_of,
    write_bytes,
    write_json,
)
from skeletonllm.storage.layout import INDEX, MANIFEST, table_file


def write_descriptions(recipe: str, folder: str) -> bool:
    """Write what is left of a release once its tars and tables stand, the manifest last.

    Args:
        recipe: Folder of the recipe.
        folder: Of the release.

    Raises:
        ReleaseError: ``verify`` would call something a fault.

    Returns:
        Whether every byte is that of the release. Where not, the manifest lists what is there, and
        says of which release it is the rebuilding.
    """
    manifest = read_json(join(recipe, OF_RELEASE, MANIFEST))
    # Other packers give other bytes: each tar is read as it stands, and not as the release had it.
    standing = list_entries(folder)
    checked = check_samples(folder, {**manifest, "files": standing}, {PICTURED: "not made yet"})
    make_report(folder, manifest, tuple(find_leaks(checked.seen.facts)))
    for path in (CARD, CROISSANT):
        write_bytes(join(folder, path), read_bytes(join(recipe, OF_RELEASE, path)))
    made = (PICTURED, CARD, CROISSANT)
    entries = list_entries(folder, [e for e in standing if e["path"] not in made])
    if entries == sorted(manifest["files"], key=lambda entry: entry["path"]):
        _refuse_faults(folder, manifest, checked)
        write_bytes(join(folder, MANIFEST), read_bytes(join(recipe, OF_RELEASE, MANIFEST)))
        return True
    _declare_again(folder, manifest)
    entries = list_entries(folder, [e for e in entries if e["path"] != CARD])
    write_json(join(folder, CROISSANT), _describe_again(folder, entries))
    files = list_entries(folder, [e for e in entries if e["path"] != CROISSANT])
    of, _ = sha256_of(join(recipe, OF_RELEASE, MANIFEST))
    again = {**manifest, "files": files, "rebuilt_of": of}
    _refuse_faults(folder, again, checked)
    write_json(join(folder, MANIFEST), again)
    return False


def _refuse_faults(folder: str, manifest: dict[str, Any], checked: Checked) -> None:
    """What was made of the raw files is held against all that the recipe says of it."""
    faults = [*checked.faults, *find_described_faults(folder, manifest, checked, set())]
    if faults:
        raise ReleaseError(
            f"what was rebuilt is not what the recipe says: {tell_first(faults)}",
            where=folder,
            hint="No manifest was written. The recipe is not true: ask whoever gave it to you.",
        )


def _declare_again(folder: str, manifest: dict[str, Any]) -> None:
    """The head of the card, which says how large the samples are, of the tars as they are."""
    card = read_bytes(join(folder, CARD)).decode()
    numbers, licences = (read_json(join(folder, path)) for path in (STATISTICS, LICENCES))
    sizes = read_table(join(folder, table_file(INDEX)), ["size"], SAMPLE).column("size")
    head = make_front_matter(manifest, numbers, licences, sum(sizes.to_pylist()))
    write_bytes(join(folder, CARD), card.replace(read_front_matter(card), head, 1).encode())


def _describe_again(folder: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The Croissant description with the sizes and hashes of the files as they are."""
    described: dict[str, Any] = read_json(join(folder, CROISSANT))
    found = {entry["path"]: entry for entry in entries}
    distribution = [
        describe_file(found[item["@id"]]) if item["@id"] in found else item
        for item in described["distribution"]
    ]
    return {**described, "distribution": distribution}
