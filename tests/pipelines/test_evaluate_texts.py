"""Everything that a model can be asked beside its classes: rationales, captions, questions."""

from __future__ import annotations

import pytest

from pipelines.evaluate import EvaluateConfig, evaluate_model
from pipelines.questions import QuestionsConfig, build_questions
from pipelines.rationales import RationalesConfig, build_rationales
from pipelines.shards import ShardsConfig, build_shards
from pipelines.train import TrainConfig, train_model
from skeletonllm.clip import Caption
from skeletonllm.results.evaluations import find_evaluations
from skeletonllm.results.tables import make_tables
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.stage_folders import write_clips_folder
from skeletonllm.training import get_stage
from skeletonllm.views.view import View

pytestmark = [
    pytest.mark.ray,
    pytest.mark.usefixtures("local_ray"),
    # Ray 2.60 sets options of its own that it has deprecated.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.data.context"),
]

ACTIONS = ("hand waving", "sit down")
TAKES = 3
CLIPS = len(ACTIONS) * TAKES


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A release whose clips have captions, rationales and questions; and a checkpoint of it."""
    root = tmp_path_factory.mktemp("told")
    clips, asked, why, shards, run = (
        str(root / name) for name in ("clips", "questions", "rationales", "shards", "run")
    )
    made = [
        make_clip(
            synthesize(action, seed=take, fps=10),
            clip_id=f"lab/{action}/{take}",
            source_uri=f"raw/{action}/{take}",
            label=action,
            label_id=ACTIONS.index(action),
            label_namespace="lab",
            captions=(Caption(f"a person does {action}"), Caption(f"{action}, once")),
        )
        for take in range(TAKES)
        for action in ACTIONS
    ]
    write_clips_folder(clips, made, [])
    build_questions(QuestionsConfig((clips,), asked))
    build_rationales(RationalesConfig((clips,), why))
    build_shards(ShardsConfig(clips=(clips,), output=shards, rationales=why, questions=asked))
    stage = get_stage("warm_up", model="tiny", steps=1, batch_size=2, num_frames=2)
    train_model(TrainConfig(release=shards, output=run, view=View(), stage=stage))
    return shards, f"{run}/checkpoint"


@pytest.fixture(scope="module")
def scores(told: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """What is said of each task."""
    root = tmp_path_factory.mktemp("scores")
    found = {}
    for task in ("rationale", "caption", "question"):
        config = EvaluateConfig(
            release=told[0],
            checkpoint=told[1],
            output=str(root / task),
            on="training",
            task=task,
            writes=True,
            max_tokens=6,
        )
        found[task] = evaluate_model(config)
    found["tables"] = {t.title: t for t in make_tables(find_evaluations([str(root)]))}
    return found


def test_rationales_are_told_with_two_motions_and_written_steps_are_checked(
    scores: dict[str, dict],
) -> None:
    (own,) = scores["rationale"]["results"].values()
    (other,) = scores["rationale"]["conditions"]["exchanged"].values()
    assert own["clips"] == other["clips"] == CLIPS
    assert own["gain"] == pytest.approx(own["loss_exchanged"] - own["loss"])
    assert other["loss"] == pytest.approx(own["loss_exchanged"])
    assert own["written"]["steps"]["clips"] == CLIPS
    assert own["written"]["top1"] == 0.0  # six tokens end before a label


def test_captions_are_scored_against_all_captions_of_a_clip(scores: dict[str, dict]) -> None:
    (own,) = scores["caption"]["results"].values()
    captions = own["written"]["captions"]
    assert captions["clips"] == CLIPS
    assert captions["references"] == 2 * CLIPS
    assert {"bleu_4", "rouge_l", "cider"} <= set(captions["metrics"])


def test_every_question_is_asked_once_and_scored_by_its_kind(scores: dict[str, dict]) -> None:
    (own,) = scores["question"]["results"].values()
    kinds = own["by_kind"]
    assert sum(kind["clips"] for kind in kinds.values()) == own["clips"] > CLIPS
    assert {"side", "order"} & set(kinds)
    assert all(0 <= kind["blind"] <= 1 for kind in kinds.values())
    assert set(own["written"]) >= {"exact", "published"}


def test_all_of_it_stands_in_the_tables(scores: dict[str, dict]) -> None:
    tables = scores["tables"]
    assert len(tables["Texts"].rows) == 2
    assert {row[0] for row in tables["Questions"].rows} >= {"side"}
