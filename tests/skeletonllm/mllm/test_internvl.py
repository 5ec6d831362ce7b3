from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.errors import RenderError, UsageError
from skeletonllm.mllm import InternVLAdapter, load_internvl, save_internvl, train_only
from skeletonllm.mllm.internvl import CLIPS_AT_ONCE, CONTEXT
from skeletonllm.mllm.tiny import MEAN, STD
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.prompts import build_recognition_prompt
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SMPL_22

LABELS = ("wave", "sit down", "kick the ball")
CLOSE = {"rtol": 1e-4, "atol": 1e-4}


def ask(count: int, labels: tuple[str, ...] = LABELS, frames: int = 2) -> list[str]:
    return [build_recognition_prompt(labels, num_frames=frames, key=str(i)) for i in range(count)]


def test_the_loss_is_the_library_s_own_on_answer_tokens(
    adapter: InternVLAdapter, frames: Tensor
) -> None:
    (asked,) = adapter._prompt_ids(ask(1), adapter.image_features(frames[:1]))
    (said,) = adapter._answer_ids(["sit down"])
    labels = torch.tensor([[-100] * len(asked) + said])
    theirs = adapter.model(
        input_ids=torch.tensor([asked + said]),
        pixel_values=adapter.normalize(frames[0]),
        labels=labels,
    ).loss
    ours = adapter.loss(frames[:1], ask(1), ["sit down"])
    torch.testing.assert_close(ours, theirs, **CLOSE)


def test_clips_of_a_batch_do_not_touch_each_other(adapter: InternVLAdapter, frames: Tensor) -> None:
    together = adapter.loss(frames, ask(3), LABELS)
    alone = [
        adapter.loss(frames[i : i + 1], ask(3)[i : i + 1], LABELS[i : i + 1]) for i in range(3)
    ]
    torch.testing.assert_close(together, torch.stack(alone).mean(), **CLOSE)


def test_a_clip_of_weight_zero_counts_nothing(adapter: InternVLAdapter, frames: Tensor) -> None:
    frames = frames.requires_grad_()
    loss = adapter.loss(frames, ask(3), LABELS, torch.tensor([1.0, 0.0, 3.0]))
    loss.backward()
    alone = [adapter.loss(frames[i : i + 1], ask(3)[i : i + 1], LABELS[i : i + 1]) for i in (0, 2)]
    torch.testing.assert_close(loss, (alone[0] + 3 * alone[1]) / 4, **CLOSE)
    assert frames.grad is not None
    assert frames.grad[0].any()
    assert not frames.grad[1].any()
    assert adapter.loss(frames, ask(3), LABELS, torch.zeros(3)) == 0


def test_frames_are_normalized_as_the_checkpoint_says(
    adapter: InternVLAdapter, tmp_path: Path
) -> None:
    save_internvl(adapter, tmp_path)
    own = {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.25, 0.125]}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(own))
    loaded = load_internvl(tmp_path)
    seen = loaded.normalize(torch.full((1, 1, 3, 2, 2), 0.6))
    assert seen[0, 0, :, 0, 0].tolist() == pytest.approx([1.0, 1.6, 2.4])
    seen = adapter.normalize(torch.zeros(1, 1, 3, 2, 2))[0, 0, :, 0, 0]
    assert seen.tolist() == pytest.approx([-m / s for m, s in zip(MEAN, STD, strict=True)])


def test_a_saved_checkpoint_loads_to_the_same_model(
    adapter: InternVLAdapter, frames: Tensor, tmp_path: Path
) -> None:
    save_internvl(adapter, tmp_path)
    loaded = load_internvl(tmp_path, system="")
    assert loaded.patch == adapter.patch == 14
    assert loaded.loss(frames, ask(3), LABELS) == adapter.loss(frames, ask(3), LABELS)


def test_the_system_message_is_read(adapter: InternVLAdapter, frames: Tensor) -> None:
    silent = adapter.loss(frames, ask(3), LABELS)
    adapter.system = "You watch people."
    assert adapter.loss(frames, ask(3), LABELS) != silent


def test_a_score_is_the_log_likelihood_of_the_answer(
    adapter: InternVLAdapter, frames: Tensor
) -> None:
    scores = adapter.score_candidates(frames[:1], ask(1), [LABELS])[0]
    for label, score in zip(LABELS, scores, strict=True):
        tokens = len(adapter._answer_ids([label])[0])
        loss = adapter.loss(frames[:1], ask(1), [label])
        torch.testing.assert_close(score, -tokens * loss.detach(), **CLOSE)


def test_scores_do_not_depend_on_the_company(adapter: InternVLAdapter) -> None:
    count = CLIPS_AT_ONCE + 3
    frames = torch.rand(count, 1, 3, 56, 56, generator=torch.Generator().manual_seed(1))
    choices = [LABELS if i % 3 else LABELS[:2] for i in range(count)]
    asked = [ask(1, choice, frames=1)[0] for choice in choices]
    together = adapter.score_candidates(frames, asked, choices)
    assert [len(scores) for scores in together] == [len(choice) for choice in choices]
    for i in (0, 1, count - 1):
        alone = adapter.score_candidates(frames[i : i + 1], asked[i : i + 1], choices[i : i + 1])[0]
        torch.testing.assert_close(together[i], alone, **CLOSE)


def test_a_clip_is_seen_once_for_all_candidates(adapter: InternVLAdapter, frames: Tensor) -> None:
    pictures: list[int] = []
    adapter.vision_tower.register_forward_hook(
        lambda _module, _args, out: pictures.append(len(out.last_hidden_state))
    )
    adapter.score_candidates(frames, ask(3), [LABELS] * 3)
    assert pictures == [6]


def test_the_answer_that_was_learned_scores_highest(
    adapter: InternVLAdapter, frames: Tensor
) -> None:
    parameters = train_only([adapter.projector], adapter)
    optimizer = torch.optim.Adam(parameters, 1e-2)
    for _ in range(12):
        optimizer.zero_grad()
        adapter.loss(frames[:1], ask(1), ["kick the ball"]).backward()
        optimizer.step()
    assert int(adapter.score_candidates(frames[:1], ask(1), [LABELS])[0].argmax()) == 2


def test_the_gradient_reaches_every_parameter_of_the_renderer(adapter: InternVLAdapter) -> None:
    topologies = (KINECT_V2, KINECT_V1, SMPL_22, COCO_17)
    config = DrActionConfig(size=56, patch=14, points_per_bone=3, recurrent=True)
    renderer = DrAction(config)
    motions = [synthesize("hand waving", topology=topology) for topology in topologies]
    rendered = renderer(MotionBatch.from_motions(motions), torch.tensor([[5, 40]] * 4)).frames
    adapter.loss(rendered, ask(4), ["wave"] * 4).backward()
    untouched = [n for n, p in renderer.named_parameters() if p.grad is None or not p.grad.any()]
    assert untouched == []
    assert all(torch.isfinite(p.grad).all() for p in renderer.parameters() if p.grad is not None)
    assert renderer.appearance.format_thickness.grad.any(1).all()  # every skeleton's own


def test_a_prompt_needs_one_place_for_each_frame(adapter: InternVLAdapter, frames: Tensor) -> None:
    with pytest.raises(UsageError, match="a prompt with 1 <image> for 2 frames; expected one for"):
        adapter.loss(frames[:1], ask(1, frames=1), ["wave"])
    smuggled = ask(1, ("wave", f"{CONTEXT} sit"))
    with pytest.raises(UsageError, match="for 2 frames"):
        adapter.loss(frames[:1], smuggled, ["wave"])


@pytest.mark.parametrize("shape", [(60, 60), (56, 42)])
def test_frames_that_are_no_whole_tokens_are_refused(
    adapter: InternVLAdapter, shape: tuple[int, int]
) -> None:
    with pytest.raises(RenderError, match="expected a square of a multiple of 14 pixels"):
        adapter.loss(torch.zeros(1, 2, 3, *shape), ask(1), ["wave"])


def test_a_folder_without_a_checkpoint_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no InternVL checkpoint \(\w+\). Give a folder or"):
        load_internvl(tmp_path)


def test_another_tokenizer_is_refused(adapter: InternVLAdapter) -> None:
    backend = adapter.tokenizer.backend_tokenizer.from_str(
        adapter.tokenizer.backend_tokenizer.to_str().replace("<img>", "<pic>")
    )
    other = PreTrainedTokenizerFast(tokenizer_object=backend)
    with pytest.raises(UsageError, match=r"the tokenizer lacks \['<img>'\]"):
        InternVLAdapter(adapter.model, other, MEAN, STD)
