"""Find out what a person wants to look at, and open it: one path, or two that belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skeletonllm.errors import UsageError
from skeletonllm.storage import absolute, exists, join, stage_of
from skeletonllm.storage.layout import MANIFEST

if TYPE_CHECKING:
    from skeletonllm.viewer.served.shelf import Shelf

_TWO = "two releases, or a training run and the release it was trained on"


def open_paths(paths: tuple[str, ...], corpus: str | None, image_size: str | None) -> Shelf:
    """What lies at one path or two, ready to be shown.

    Args:
        paths: As they were typed.
        corpus: Reader of raw files; None tries each.
        image_size: Of their pictures, as 1920x1080, where they state none.

    Raises:
        UsageError: There is nothing there, nothing to look at, or two that do not go together.
        SchemaError: It was written in another major version.
    """
    for path in paths:
        if not exists(path):
            raise UsageError("no such file or folder", where=path, hint="Check the path.")
    found = [absolute(path) for path in paths]
    if len(found) == 1:
        return _open_one(found[0], corpus, image_size)
    if len(found) != 2:
        hint = "Paths come first; --weights takes all that follows it." * (not found)
        raise UsageError(f"{len(found)} paths", expected=f"one path, or {_TWO}", hint=hint or None)
    return _open_two(*found)


def _open_one(path: str, corpus: str | None, image_size: str | None) -> Shelf:
    from skeletonllm.release.describe import is_release
    from skeletonllm.viewer.served.clips import open_clips, open_raw
    from skeletonllm.viewer.served.releases import open_release

    stage = stage_of(path)
    if stage == "normalize":
        return open_clips(path)
    if stage == "train":
        hint = "Name the release too: skeletonllm view RUN RELEASE."
        raise UsageError("a training run alone", where=path, hint=hint)
    if is_release(path):
        return open_release(path)
    if stage is None and path.endswith(".parquet"):
        return open_clips(path)
    if stage is not None or exists(join(path, MANIFEST)):
        expected = "a release, the output of normalize, a training run, or a raw file"
        raise UsageError(f"output of {stage or 'a stage'}", expected=expected, where=path)
    from jobs.loading import load_clips

    raw = load_clips(path, corpus, image_size)
    return open_raw(path, raw.clips, raw.rejects, raw.kind.removeprefix("raw "))


def _open_two(first: str, second: str) -> Shelf:
    from skeletonllm.release.describe import is_release
    from skeletonllm.release.diff import compare_releases, judge_step, write_changelog
    from skeletonllm.shards.strange import refuse_strange
    from skeletonllm.viewer.served.pairs import open_pair
    from skeletonllm.viewer.served.runs import open_run

    runs = [path for path in (first, second) if stage_of(path) == "train"]
    releases = [path for path in (first, second) if is_release(path)]
    if len(releases) == 2:
        with refuse_strange(f"{first} or {second}"):
            found = compare_releases(first, second)
            return open_pair(first, second, write_changelog(found, judge_step(found)))
    if len(runs) == len(releases) == 1:
        return open_run(runs[0], releases[0])
    raise UsageError(f"{first} and {second}", expected=_TWO)
