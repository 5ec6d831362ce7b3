"""What is in these clips, this release or this raw file, in a table."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import tyro

from jobs.common import console, run_job, show, show_rejects
from jobs.raw_flags import RawFlags

if TYPE_CHECKING:
    from rich.table import Table

    from skeletonllm.clip import Clip
    from skeletonllm.corpora import Reject

SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Flags(RawFlags):
    """Flags of this command."""

    path: Annotated[str, tyro.conf.Positional]
    """A raw file or folder, the output of a job, a parquet file, or a release."""
    rows: int = SHOWN
    """Clips to list."""


def main(flags: Flags) -> int:
    """Show what a path holds: kind, counts, and the first clips with what is known of them."""
    from jobs.loading import load_clips

    found = load_clips(flags.path, flags.corpus, flags.image_size)
    _show_manifest(flags.path)
    clips = list(islice(found.clips, flags.rows))
    console.print(f"{flags.path}: {found.kind}", markup=False)
    if clips:
        console.print(_table(clips))
    else:
        _show_parts(flags.path)
    for reject in found.rejects[: flags.rows]:
        console.print(_sentence(reject), markup=False)
    if (more := len(found.rejects) - flags.rows) > 0:
        console.print(f"... and {more:,} more rejected")
    show_rejects(flags.path)
    return 0


def _show_manifest(path: str) -> None:
    from skeletonllm.storage import exists, join, read_json
    from skeletonllm.storage.versions import check_object

    if not exists(manifest := join(path, "manifest.json")):
        return
    from skeletonllm.release import describe_release
    from skeletonllm.release.describe import is_release
    from skeletonllm.shards.manifest import RECIPE

    if is_release(path):
        facts = describe_release(path)
        more = {"bytes": facts["bytes"], "files": facts["files"], "cut for": facts["audience"]}
        show(f"{facts['name']} {facts['version']}", {**facts["counts"], **more})
    else:
        data = read_json(manifest)
        if isinstance(data, dict) and data.get("schema") == RECIPE:
            show(f"{data['name']} {data['version']}", data["counts"])
            return
        check_object(data, manifest, "the manifest of a stage", {"stage": str, "counts": dict})
        show(data["stage"], data["counts"])


def _table(clips: list[Clip]) -> Table:
    from rich.table import Table

    heads = (
        "clip",
        "label or caption",
        "skeleton",
        "frames",
        "seconds",
        "persons",
        "seen",
        "notes",
    )
    table = Table(*heads, title=f"first {len(clips)} clips", title_justify="left")
    for clip in clips:
        table.add_row(*_cells(clip))
    return table


def _cells(clip: Clip) -> Iterator[str]:
    motion = clip.motion
    seen = motion.observed[motion.present].mean() if motion.present.any() else 0.0
    yield clip.clip_id
    yield clip.label or (clip.captions[0].text if clip.captions else "")
    yield f"{motion.topology.name}, {motion.space}"
    yield str(motion.num_frames)
    yield f"{motion.duration_s:.2f}"
    yield str(motion.num_persons)
    yield f"{100 * seen:.1f} %"
    yield ", ".join(clip.flags)


def _show_parts(path: str) -> None:
    """Rows of tables that hold no clips: negatives, rationales, rejects."""
    from skeletonllm.storage import join, list_files, read_table

    alone = path.endswith(".parquet")
    for name in [""] if alone else list_files(path):
        if alone or name.endswith(".parquet"):
            table = read_table(path if alone else join(path, name))
            columns = [
                c
                for c in ("label", "candidate", "text", "code", "message")
                if c in table.column_names
            ]
            if columns:
                show_rows(name or path, table.select(columns).slice(0, SHOWN).to_pylist())
                return


def show_rows(title: str, rows: list[dict[str, str]]) -> None:
    """Print rows of text under their column names.

    Args:
        title: Title of the table.
        rows: Column name -> text of each row.
    """
    if rows:
        from rich.table import Table

        table = Table(*rows[0], title=title, title_justify="left", show_lines=True)
        for row in rows:
            table.add_row(*(str(value) for value in row.values()))
        console.print(table, markup=False)


def _sentence(reject: Reject) -> str:
    return f"rejected {reject.source_uri} ({reject.code}): {reject.message}"


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
