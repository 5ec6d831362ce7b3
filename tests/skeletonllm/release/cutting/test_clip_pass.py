from __future__ import annotations

from pathlib import Path

import pytest

from schemas import CLIP
from skeletonllm.clip import clips_from_table, clips_to_table
from skeletonllm.errors import ReleaseError
from skeletonllm.release.cutting.clip_pass import count_missing, read_clips
from skeletonllm.release.statistics import MissingJoints
from skeletonllm.shards import read_index
from skeletonllm.storage import iter_tables, write_table
from skeletonllm.storage.plan import stated_parts
from skeletonllm.storage.tables import TableFile


def parts_of(folders: list[str]) -> TableFile:
    return TableFile(stated_parts(folders, "normalize"), CLIP)


def test_missing_joints_are_counted_where_a_person_is_present(tmp_path: Path, stages) -> None:
    (_, table), *_ = iter_tables(stages["clips_dirs"][0] + "/parts")
    clip = clips_from_table(table)[0]
    clip.motion.confidence[:5, 0, 3] = 0
    clip.motion.confidence[0] = 0
    clip.motion.present[0] = False  # absent: nothing of it is missing
    part = str(tmp_path / "part-00000.parquet")
    write_table(part, clips_to_table([clip]))
    missing = MissingJoints()
    for rows in TableFile([part], CLIP).batches():
        count_missing(rows, missing)
    shares = missing.to_json()["kinect_v2"]["joints"]
    share = round(4 / (clip.motion.num_frames - 1), 6)
    assert shares == [share if j == 3 else 0 for j in range(25)]


def test_clips_on_one_side_only_are_named(stages) -> None:
    index, folders = read_index(stages["shards_dir"]), stages["clips_dirs"]
    found = read_clips(parts_of(folders), index)
    assert found.numbers.to_json()["clips"] == 11
    assert found.licences == {"cc-by-4.0": 8, "nw_ucla": 3}
    with pytest.raises(ReleaseError, match=r"clips only in clip folders: \['alpha/000'\]"):
        read_clips(parts_of(folders), index.slice(1))
    with pytest.raises(ReleaseError, match=r"only in shards: \['beta/000', 'beta/001', 'beta/002'"):
        read_clips(parts_of(folders[:1]), index)


def test_clips_that_the_shards_rejected_are_not_counted(stages) -> None:
    index, folders = read_index(stages["shards_dir"]), stages["clips_dirs"]
    found = read_clips(parts_of(folders), index.slice(2), left_out=2)
    assert found.numbers.to_json()["clips"] == 9
    assert found.left_out == ["alpha/000", "alpha/001"]
    with pytest.raises(ReleaseError, match="the same clips in both, but for 1 rejects"):
        read_clips(parts_of(folders), index.slice(2), left_out=1)


def test_a_second_clip_of_an_id_that_the_shards_rejected_is_not_counted(stages) -> None:
    first, second = stages["clips_dirs"]
    found = read_clips(
        parts_of([first, second, second]), read_index(stages["shards_dir"]), left_out=3
    )
    assert found.numbers.to_json()["clips"] == 11
    assert found.left_out == []


def test_rationales_of_clips_that_were_left_out_are_left_out(stages) -> None:
    from schemas import RATIONALE  # noqa: PLC0415
    from skeletonllm.release.inputs import open_contents, open_inputs  # noqa: PLC0415

    given = {name.removesuffix("_dir").removesuffix("_dirs"): f for name, f in stages.items()}
    contents = open_contents(open_inputs(**given))
    kept = contents.without(["alpha/000", "alpha/003"])
    assert (len(contents.rationales), len(kept.rationales)) == (8, 6)
    assert isinstance(kept.rationales, TableFile)
    ids = kept.rationales.column("clip_id").to_pylist()
    assert not {"alpha/000", "alpha/003"} & set(ids)
    assert kept.rationales.select(RATIONALE.arrow.names).num_rows == 6
