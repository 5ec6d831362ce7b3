"""Questions go with the clips they ask about: into shards, into a release, and into a stream."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipelines.questions import QuestionsConfig, build_questions
from pipelines.shards import ShardsConfig, build_shards
from schemas import QUESTION, SAMPLE
from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.release import cut_release, verify_release
from skeletonllm.shards import read_index
from skeletonllm.storage import join, read_json, read_table, sha256_of, write_json, write_table
from skeletonllm.stream.stream import Stream
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.stage_folders import write_clips_folder
from skeletonllm.views.left_out import LeftOut
from skeletonllm.views.questions import QUESTIONS
from skeletonllm.views.view import View
from tests.pipelines.strange import make_clip
from tests.skeletonllm.views.test_questions import question

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> str:
    actions = {"wave": "hand waving", "throw": "throw"}
    made = [
        make_clip(f"{label}_{take}", synthesize(action, seed=take, fps=10), label)
        for take in range(3)
        for label, action in actions.items()
    ]
    folder = str(tmp_path_factory.mktemp("asked") / "clips")
    write_clips_folder(folder, made, [])
    return folder


def ask(url: str, clip_ids: list[str]) -> str:
    rows: list[dict[str, Any]] = [question(name) for name in reversed(clip_ids)]
    rows.append(question(clip_ids[0], 1, question="Who throws?"))
    rows.append(question("elsewhere/1"))
    write_table(url, pa.Table.from_pylist(rows, schema=QUESTION.arrow))
    return url


def test_questions_of_the_clips_are_streamed_from_a_release(
    clips: str, local_ray: None, tmp_path: Path
) -> None:
    names = ["lab/wave_0", "lab/throw_1", "lab/wave_2"]
    asked = ask(str(tmp_path / "asked.parquet"), names)
    shards = str(tmp_path / "shards")
    manifest = build_shards(ShardsConfig(clips=(clips,), output=shards, questions=asked))
    assert manifest["counts"]["questions"] == 4
    assert manifest["counts"]["questions_of_other_clips"] == 1
    index = read_index(shards)
    assert SAMPLE.faults(index) == []
    counted = dict(
        zip(*(index.column(c).to_pylist() for c in ("clip_id", "num_questions")), strict=True)
    )
    assert {name: n for name, n in counted.items() if n} == dict(zip(names, (2, 1, 1), strict=True))
    root = str(tmp_path / "releases")
    release = cut_release(root, "lab", "1.0.0", shards_dir=shards, clips_dirs=[clips], code="t")
    assert verify_release(release) == []
    assert read_json(join(release, "manifest.json"))["counts"]["questions"] == 4
    for folder in (shards, release):
        stream = Stream(folder, View(unseen=("throw",), having=("questions",)), batch_size=2)
        assert stream.num_samples == 2  # throw_1 is of an unseen class
        (batch,) = islice(stream, 1)
        assert {sample.clip.clip_id for sample in batch} == {"lab/wave_0", "lab/wave_2"}
        assert [sample.questions for sample in batch] == [
            (question(sample.clip.clip_id),) for sample in batch
        ]
        assert stream.left_out == LeftOut(questions=1)
    with pytest.raises(UsageError, match="another"):
        build_shards(ShardsConfig(clips=(clips,), output=shards))


def test_shards_whose_index_counts_other_questions_are_not_released(
    clips: str, local_ray: None, tmp_path: Path
) -> None:
    asked = ask(str(tmp_path / "asked.parquet"), ["lab/wave_0"])
    shards = str(tmp_path / "shards")
    build_shards(ShardsConfig(clips=(clips,), output=shards, questions=asked))
    table = read_table(join(shards, QUESTIONS), schema=QUESTION)
    write_table(join(shards, QUESTIONS), table.slice(1))
    manifest = read_json(join(shards, "manifest.json"))  # as if the stage had written them so
    (entry,) = (entry for entry in manifest["files"] if entry["path"] == QUESTIONS)
    entry["sha256"], entry["bytes"] = sha256_of(join(shards, QUESTIONS))
    write_json(join(shards, "manifest.json"), manifest)
    root = str(tmp_path / "releases")
    said = r"1 fault: index\.parquet: num_questions of 1 samples is off, first 'lab/wave_0'"
    with pytest.raises(ReleaseError, match=said):
        cut_release(root, "lab", "1.0.0", shards_dir=shards, clips_dirs=[clips], code="t")


def test_the_folder_of_build_questions_is_taken_as_it_is(
    clips: str, local_ray: None, tmp_path: Path
) -> None:
    """Its rejects are no questions, and an unfinished folder is none."""
    asked, shards = str(tmp_path / "asked"), str(tmp_path / "shards")
    made = build_questions(QuestionsConfig((clips,), asked))["counts"]["questions"]
    assert made > 0
    given = ShardsConfig(clips=(clips,), output=shards, questions=asked)
    assert build_shards(given)["counts"]["questions"] == made
    Path(asked, "manifest.json").unlink()
    with pytest.raises(UsageError, match="the folder is unfinished"):
        build_shards(replace(given, output=str(tmp_path / "other")))
