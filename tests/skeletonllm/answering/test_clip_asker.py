"""A checkpoint that is asked: as evaluation asks it, and in its own words."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from skeletonllm.answering import ClipAsker, Inquiry, Reply
from skeletonllm.clip import Clip
from skeletonllm.errors import StateError, TrainingError, UsageError
from skeletonllm.evaluation.predict import predict_answers
from skeletonllm.mllm import Piece
from skeletonllm.normalize import normalize
from skeletonllm.prompts.caption import build_caption_prompt
from skeletonllm.tasks import Example, get_task
from skeletonllm.testing.releases import LABELS, write_release
from tests.skeletonllm.answering.conftest import CLASSES, write_checkpoint


@pytest.mark.parametrize("task", ["recognition", "naming", "published_recognition"])
def test_a_class_is_that_of_evaluation(task: str, clip: Clip, tmp_path: Path) -> None:
    asker = ClipAsker.open(write_checkpoint(tmp_path, task), "cpu")
    reply = asker.ask(clip, Inquiry())
    motion = normalize(clip).motion
    example = Example(clip.clip_id, motion, CLASSES[0], CLASSES, namespace="lab")
    (expected,) = predict_answers(
        [example], get_task(task), asker.renderer, asker.adapter, num_frames=3
    )
    assert reply.text == expected.prediction
    assert {each.text for each in reply.likelihoods} == set(CLASSES)
    assert math.isclose(sum(each.probability for each in reply.likelihoods), 1)
    assert reply.remarks == ()
    assert len(reply.frames) == 3


def test_a_caption_is_what_the_model_says(asker: ClipAsker, clip: Clip) -> None:
    look = asker.look(clip)
    *pieces, reply = asker.tell(look, Inquiry(kind="caption", max_tokens=9))
    assert isinstance(reply, Reply)
    prompt = build_caption_prompt(num_frames=3)
    (expected,) = asker.adapter.generate(look.frames, [prompt], max_tokens=9)
    assert reply.text == expected == "".join(map(str, pieces))
    assert reply.prompt_tokens == asker.adapter.count_tokens([prompt], frames_shown=look.frames)[0]
    assert reply.cut == (reply.answer_tokens == 9)
    assert reply.remarks == (
        "this checkpoint was last trained on recognition; a caption of it says little",
    )


def test_an_explanation_is_judged_claim_by_claim(
    asker: ClipAsker, clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "The right elbow bends.\nLabel: throw"

    def speak(*_given: object, **_named: object) -> object:
        yield (Piece(said, 5, True),)

    monkeypatch.setattr(type(asker.adapter), "tell", speak)
    reply = asker.ask(clip, Inquiry(kind="explanation"))
    assert (reply.text, reply.label, reply.cut) == (said, "throw", False)
    assert [claim.verdict for claim in reply.claims] == ["true"]


def test_choices_of_a_question_are_compared(asker: ClipAsker, clip: Clip) -> None:
    asked = Inquiry(kind="question", question="Which hand?", choices=("left", "right"))
    reply = asker.ask(clip, asked)
    assert {each.text for each in reply.likelihoods} == {"left", "right"}
    assert reply.text == reply.likelihoods[0].text
    swapped = replace(asked, choices=("right", "left"))
    assert asker.ask(clip, swapped).text == reply.text
    free = asker.ask(clip, replace(asked, choices=(), max_tokens=4))
    assert free.likelihoods == ()
    assert free.answer_tokens <= 4


def test_other_classes_may_be_named(asker: ClipAsker, clip: Clip) -> None:
    reply = asker.ask(clip, Inquiry(classes=("bow", "throw")))
    assert {each.text for each in reply.likelihoods} == {"bow", "throw"}
    assert reply.remarks == ("not among the classes of its training: 'bow'",)


def test_an_older_checkpoint_needs_classes_or_its_release(clip: Clip, tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "old", classes=())
    with pytest.raises(UsageError, match="does not say which classes .* --classes A B; or give"):
        ClipAsker.open(folder, "cpu").ask(clip, Inquiry())
    release = write_release(str(tmp_path / "release"), per_action=1)
    reply = ClipAsker.open(folder, "cpu", release).ask(clip, Inquiry())
    assert {each.text for each in reply.likelihoods} == set(LABELS)


def test_a_clip_of_another_corpus_is_asked_about_all_classes(asker: ClipAsker, clip: Clip) -> None:
    strange = replace(clip, label=None, label_namespace=None)
    assert len(asker.ask(strange, Inquiry()).likelihoods) == len(CLASSES)


def test_a_raw_clip_is_cleaned_and_a_clean_one_is_left_alone(asker: ClipAsker, clip: Clip) -> None:
    motion = clip.motion
    nobody = replace(
        motion,
        joints=np.concatenate([motion.joints * 0, motion.joints], axis=1),
        present=np.concatenate([motion.present & False, motion.present], axis=1),
        confidence=np.concatenate([motion.confidence * 0, motion.confidence], axis=1),
        orientations=None,
    )
    look = asker.look(replace(clip, motion=nobody, person_ids=("0", "1")))
    assert look.motion.num_persons == 1
    assert look.remarks == ("1 of 2 person rows are empty or no body: not shown",)
    cleaned = normalize(clip)
    assert asker.look(cleaned).clip is cleaned


def test_a_clip_of_a_single_frame_is_shown_again_and_again(asker: ClipAsker, clip: Clip) -> None:
    motion = clip.motion
    still = replace(
        motion,
        joints=motion.joints[:1],
        present=motion.present[:1],
        confidence=motion.confidence[:1],
        orientations=None,
    )
    reply = asker.ask(replace(clip, motion=still, frame_index=(0,)), Inquiry())
    assert reply.frames == (0, 0, 0)
    assert reply.remarks == ("the clip has 1 frames, of which 3 are shown: some stand there again",)


def test_foreground_alone_is_shown_where_it_was_trained(clip: Clip, tmp_path: Path) -> None:
    plain = ClipAsker.open(write_checkpoint(tmp_path / "a"), "cpu").ask(clip, Inquiry())
    some = ClipAsker.open(write_checkpoint(tmp_path / "b", foreground=True), "cpu")
    assert some.ask(clip, Inquiry()).prompt_tokens < plain.prompt_tokens


def test_pictures_are_those_that_the_model_sees(
    asker: ClipAsker, clip: Clip, tmp_path: Path
) -> None:
    look = asker.look(clip, str(tmp_path))
    names = [f"frame_{index:05d}.png" for index in look.indices.tolist()]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    drawn = np.asarray(Image.open(tmp_path / names[1])) / 255
    seen = look.frames[0, 1].permute(1, 2, 0).numpy()
    assert np.abs(drawn - seen).max() < 0.003
    assert seen.max() > 0.2


def test_spoiled_weights_answer_nothing(clip: Clip, tmp_path: Path) -> None:
    asker = ClipAsker.open(write_checkpoint(tmp_path), "cpu")
    with torch.no_grad():
        next(asker.adapter.parts()["projector"].parameters()).fill_(float("nan"))
    with pytest.raises(TrainingError, match="likelihoods are not finite"):
        asker.ask(clip, Inquiry())


def test_a_folder_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises((StateError, UsageError), match=str(tmp_path)):
        ClipAsker.open(str(tmp_path / "nothing"), "cpu")
