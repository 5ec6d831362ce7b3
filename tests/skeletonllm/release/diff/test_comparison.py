"""Whether samples are read, and what is said of the step where they were not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from skeletonllm.clip import Caption
from skeletonllm.errors import ReleaseError
from skeletonllm.release.diff import Step, compare_releases, comparison, judge_step
from tests.skeletonllm.release.diff.test_step import change_first, move


def recaption(clips: list) -> list:
    return [replace(c, captions=(Caption("someone waves"),)) if c.captions else c for c in clips]


def exchange_licences(clips: list, others: list) -> tuple[list, list]:
    """One clip of each corpus gets the licence of the other: all numbers stay."""
    one, other = clips[0].licence, others[0].licence
    return change_first(licence=other)(clips), change_first(licence=one)(others)


def test_captions_in_other_words_are_a_minor_step_with_samples_or_without(
    pristine, cut, corpora
) -> None:
    first, second = corpora
    new = cut("1.0.1", recaption(first), second)
    for samples in (False, True):
        judged = judge_step(compare_releases(str(pristine), new, samples=samples))
        assert [(r.step, r.text) for r in judged.reasons] == [
            (Step.MINOR, "captions of 4 clips changed")
        ]
        assert (judged.verdict, judged.least) == ("too small", "1.1.0")


def test_captions_behind_a_corrected_motion_are_seen(pristine, cut, corpora) -> None:
    first, second = corpora
    again = recaption([first[0], move(first[1:2], 1)[0], *first[2:]])
    new = cut("1.0.1", [*again[:2], *first[2:]], second)
    assert judge_step(compare_releases(str(pristine), new)).step is Step.MINOR


def test_licences_that_change_places_are_a_major_step(pristine, cut, corpora) -> None:
    new = cut("1.1.0", *exchange_licences(*corpora))
    for samples in (False, True):
        judged = judge_step(compare_releases(str(pristine), new, samples=samples))
        texts = [(reason.step, reason.text) for reason in judged.reasons]
        assert (Step.MAJOR, "1 clips under a tighter licence") in texts
        assert (Step.MINOR, "1 clips under a looser licence") in texts
        assert judged.verdict == "too small"


def publish_as(release: str, version: str) -> str:
    manifest = Path(release, "manifest.json")
    data = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**data, "version": version}))
    return release


def test_what_unread_samples_may_be_is_never_called_right(
    pristine, cut, corpora, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = corpora
    new = cut("1.0.1", recaption(first), second)
    monkeypatch.setattr(comparison, "MOST_READ", 3)
    judged = judge_step(compare_releases(str(pristine), new))
    # Licences of the release are of two kinds, and which clip has which stands in the samples.
    assert (judged.step, judged.hidden, judged.unread) == (Step.PATCH, Step.MAJOR, 4)
    assert not judged.is_enough
    assert judged.sentence == (
        "this is at least a patch step, and may be a major one: 4 changed samples were not read, "
        "`skeletonllm diff --samples` does; the versions say 1.0.0 -> 1.0.1: not known"
    )
    assert judge_step(compare_releases(str(pristine), new, samples=True)).verdict == "too small"
    enough = judge_step(compare_releases(str(pristine), publish_as(new, "2.0.0")))
    assert (enough.verdict, enough.is_enough) == ("right or larger than needed", True)
    small = judge_step(compare_releases(str(pristine), publish_as(new, "1.0.0")))
    assert (small.verdict, small.least, small.is_enough) == ("too small", "1.0.1", False)


def test_samples_without_captions_and_of_one_licence_hide_nothing(
    tmp_path: Path, make_stages, cut, corpora
) -> None:
    bare = [[replace(c, captions=(), licence="nw_ucla") for c in clips] for clips in corpora]
    old = cut("1.0.0", *bare)
    new = cut("1.0.1", change_first(flags=("resampled",))(bare[0]), bare[1])
    found = compare_releases(old, new)
    judged = judge_step(found)
    assert found.samples is None
    assert (judged.step, judged.hidden, judged.verdict) == (Step.PATCH, Step.NONE, "right")


def test_where_a_tar_is_gone_the_step_stays_open_and_asking_for_it_is_an_error(
    pristine, cut, corpora
) -> None:
    first, second = corpora
    new = cut("1.0.1", recaption(first), second)
    for tar in Path(new, "shards").iterdir():
        tar.unlink()
    judged = judge_step(compare_releases(str(pristine), new))
    assert (judged.step, judged.hidden, judged.verdict) == (Step.PATCH, Step.MAJOR, "not known")
    with pytest.raises(ReleaseError, match="names a tar that does not exist"):
        compare_releases(str(pristine), new, samples=True)
