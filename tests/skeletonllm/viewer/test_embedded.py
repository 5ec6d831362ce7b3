from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.rationales.teachers.kinematic import KinematicTeacher
from skeletonllm.release import cut_release
from skeletonllm.shards import read_index, read_sample
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.viewer import page as html
from skeletonllm.viewer.blocks import BlockWriter
from skeletonllm.viewer.entries import Entry, tell_entry
from skeletonllm.viewer.examples import Examples
from skeletonllm.viewer.pack import pack_motion, unpack_motion
from skeletonllm.viewer.selection.choice import MOST_ROWS
from tests.skeletonllm.release.conftest import clip, write_stages
from tests.skeletonllm.viewer.conftest import page_bytes, page_of
from tests.skeletonllm.viewer.page_reader import words_of


def test_every_clip_is_there_in_the_order_of_the_release(viewed: Path) -> None:
    page, index = page_of(viewed), read_index(str(viewed)).to_pylist()
    assert (page.head["total"], page.head["shown"], page.head["note"]) == (11, 11, "")
    assert page.columns["clip_id"]["values"] == [row["clip_id"] for row in index]
    assert words_of(page.columns["label"]) == [row["label"] for row in index]
    assert page.columns["frames"]["values"] == [row["num_frames"] for row in index]
    assert len(page.tellings) == len(page.motions) == 11


def test_motions_are_those_of_the_tars(viewed: Path) -> None:
    index = read_index(str(viewed)).to_pylist()
    for row, found in zip(index, page_of(viewed).motions, strict=True):
        motion = read_sample(str(viewed), row).motion
        expected = unpack_motion(pack_motion(motion))
        assert found is not None
        assert (found.positions == expected.positions).all()
        assert found.head["topology"] == row["topology"]


def test_rationales_negatives_and_lineage_are_told(viewed: Path) -> None:
    page = page_of(viewed)
    labels = words_of(page.columns["label"])
    for row, told in enumerate(page.tellings):
        if page.columns["corpus"]["words"][page.columns["corpus"]["codes"][row]] == "alpha":
            assert told["rationales"][0]["steps"][0]["text"] == "the left hand rises"
        names = [name for name, _ in told["negatives"]]
        assert labels[row] not in names
        assert [labels[example] for example in told["example_rows"]] == names
        assert dict(told["lineage"])["tar"].startswith("shards/")
    lowest = min(value for value in page.columns["grounded"]["values"] if value is not None)
    assert lowest == 0.3


def test_same_release_same_bytes(viewed: Path) -> None:
    assert page_bytes(viewed) == page_bytes(viewed)


def test_the_report_of_a_release_is_this_page(viewed: Path) -> None:
    report = (viewed / "report.html").read_bytes()
    head = report.partition(b'id="sk-head">')[2].partition(b"</script>")[0]
    assert head in page_bytes(viewed)


def test_a_part_holds_every_class_and_says_so(viewed: Path) -> None:
    page = page_of(viewed, most=4)
    assert (page.head["total"], page.head["shown"]) == (11, 4)
    assert "skeletonllm view" in page.head["note"]
    assert set(words_of(page.columns["label"])) == {"hand waving", "jump up", "sit down"}
    assert len(page.tellings) == 4


def test_a_damaged_clip_costs_itself_only(release: Path) -> None:
    (row,) = [r for r in read_index(str(release)).to_pylist() if r["clip_id"] == "alpha/003"]
    tar = release / "shards" / row["shard"]
    data = bytearray(tar.read_bytes())
    middle = row["offset"] + row["size"] // 2
    data[middle : middle + 64] = bytes(64)
    tar.write_bytes(data)
    page = page_of(release)
    place = page.columns["clip_id"]["values"].index("alpha/003")
    assert [k for k, motion in enumerate(page.motions) if motion is None] == [place]
    assert "hash" in dict(page.tellings[place]["lineage"])["cannot be read"]
    assert words_of(page.columns["label"])[place] == row["label"]
    assert page.columns["seconds"]["values"][place] is None


def test_a_label_that_looks_like_a_script_is_text(tmp_path: Path) -> None:
    nasty = "</script><script>alert(1)</script>"
    made = clip("alpha", 0, licence="cc-by-4.0")
    clips = [replace(made, label=nasty, label_namespace="odd")]
    stages = write_stages(tmp_path, clips, [clip("beta", 0, licence="nw_ucla")], explained=False)
    page = page_of(Path(cut_release(str(tmp_path / "r"), "x", "1.0.0", code="t", **stages)))
    types = [attrs.get("type") for tag, attrs in page.elements if tag == "script"]
    assert types.count("module") == 1
    assert None not in types
    assert nasty in words_of(page.columns["label"])
    assert nasty in str(page.head["overview"]["charts"])


def test_a_release_of_no_text_is_shown_as_it_is(tmp_path: Path) -> None:
    stages = write_stages(tmp_path, explained=False)
    page = page_of(Path(cut_release(str(tmp_path / "r"), "x", "1.0.0", code="t", **stages)))
    assert all(told["rationales"] == told["negatives"] == [] for told in page.tellings)
    assert dict(page.head["overview"]["facts"])["rationales"] == "none"


def test_without_a_bundle_nothing_is_written(
    viewed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    html.load_bundle.cache_clear()
    monkeypatch.setattr(html, "files", lambda _: tmp_path)
    with pytest.raises(UsageError, match="no bundle"):
        page_bytes(viewed, bundle=None)
    html.load_bundle.cache_clear()


def test_ten_thousand_explained_clips_fit_into_thirty_megabytes() -> None:
    """Scaled from some: blocks are deflated one by one, so that size grows with their number."""
    sizes: list[int] = []
    blocks = BlockWriter(lambda _, block: sizes.append(-(-len(block) // 3) * 4))
    teacher, count = KinematicTeacher(), 24
    for take in range(count):
        action = ("throw", "hand waving", "sit down", "pick up")[take % 4]
        motion = synthesize(action, seed=take, subject=take % 7)
        made = make_clip(motion, clip_id=f"lab/{take}", label=action, label_namespace="lab")
        entry = Entry(made, [teacher.rationale(made, 0).to_row()])
        blocks.add(tell_entry(entry, None, Examples()), pack_motion(motion))
    blocks.finish()
    assert sum(sizes) / count * MOST_ROWS <= 30e6
