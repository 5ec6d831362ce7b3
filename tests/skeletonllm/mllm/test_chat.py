from __future__ import annotations

import pytest
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from skeletonllm.errors import RenderError, UsageError
from skeletonllm.mllm import InternVLAdapter, train_only
from skeletonllm.mllm.checkpoint import set_attention
from skeletonllm.mllm.generation import CLIPS_AT_ONCE
from skeletonllm.mllm.internvl import CONTEXT
from tests.skeletonllm.mllm.conftest import LABELS, ask

CLOSE = {"rtol": 1e-4, "atol": 1e-4}


def test_clips_of_a_batch_do_not_touch_each_other(adapter: InternVLAdapter, frames: Tensor) -> None:
    together = adapter.losses(frames, ask(3), LABELS)
    assert together.shape == (3,)
    for i in range(3):
        alone = adapter.losses(frames[i : i + 1], ask(3)[i : i + 1], LABELS[i : i + 1])
        torch.testing.assert_close(together[i], alone[0], **CLOSE)


def test_the_system_message_is_read(adapter: InternVLAdapter, frames: Tensor) -> None:
    silent = adapter.losses(frames, ask(3), LABELS)
    adapter.system = "You watch people."
    assert not torch.equal(adapter.losses(frames, ask(3), LABELS), silent)


def test_a_score_is_the_log_likelihood_of_the_answer(
    adapter: InternVLAdapter, frames: Tensor
) -> None:
    scores = adapter.score_candidates(frames[:1], ask(1), [LABELS])[0]
    for label, score in zip(LABELS, scores, strict=True):
        tokens = len(adapter.answer_ids([label])[0])
        loss = adapter.losses(frames[:1], ask(1), [label])[0]
        torch.testing.assert_close(score, -tokens * loss.detach(), **CLOSE)


def test_scores_do_not_depend_on_the_company(adapter: InternVLAdapter) -> None:
    """Prompts of unlike lengths are read together: the padding of the short is hidden."""
    count = CLIPS_AT_ONCE + 3
    frames = torch.rand(count, 1, 3, 56, 56, generator=torch.Generator().manual_seed(1))
    choices = [LABELS if i % 3 else LABELS[:2] for i in range(count)]
    asked = [ask(1, choice, frames=1)[0] for choice in choices]
    together = adapter.score_candidates(frames, asked, choices)
    assert [len(scores) for scores in together] == [len(choice) for choice in choices]
    for i in (0, 1, count - 1):
        alone = adapter.score_candidates(frames[i : i + 1], asked[i : i + 1], choices[i : i + 1])[0]
        torch.testing.assert_close(together[i], alone, **CLOSE)


def test_a_clip_is_seen_once_and_its_prompt_read_once_for_all_candidates(
    adapter: InternVLAdapter, frames: Tensor
) -> None:
    pictures: list[int] = []
    read: list[tuple[int, ...]] = []
    adapter.vision_tower.register_forward_hook(
        lambda _module, _args, out: pictures.append(len(out.last_hidden_state))
    )
    adapter.language_model.register_forward_hook(
        lambda _module, _args, out: read.append(tuple(out.last_hidden_state.shape[:2]))
    )
    adapter.score_candidates(frames, ask(3), [LABELS] * 3)
    longest = max(len(ids) for ids in adapter.prompt_ids(ask(3), (3, 2, 16)))
    answers = sum(len(ids) - 1 for ids in adapter.answer_ids(LABELS))
    assert pictures == [6]
    assert read == [(3, longest), (3, answers)]


def test_candidates_in_groups_score_as_all_at_once(
    adapter: InternVLAdapter, frames: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So memory does not grow with their number; that of each clip may differ."""
    choices = [LABELS, LABELS[:1], LABELS[1:]]
    at_once = adapter.score_candidates(frames, ask(3), choices)
    monkeypatch.setattr("skeletonllm.mllm.chat.WORDS_AT_ONCE", 1)
    widths: list[int] = []
    adapter.language_model.register_forward_hook(
        lambda _module, _args, out: widths.append(out.last_hidden_state.shape[1])
    )
    in_groups = adapter.score_candidates(frames, ask(3), choices)
    assert len(widths) == 1 + len(LABELS)
    for one, other in zip(at_once, in_groups, strict=True):
        torch.testing.assert_close(one, other, **CLOSE)


def test_prompts_are_not_copied_for_their_candidates(
    adapter: InternVLAdapter, frames: Tensor
) -> None:
    """60 copies of the keys and values of 8 prompts would be 94 GB with InternVL3-8B."""
    rows: list[int] = []
    adapter.language_model.register_forward_hook(
        lambda _module, _args, out: rows.append(len(out.past_key_values.layers[-1].keys))
    )
    many = [f"{label} {i}" for label in LABELS for i in range(20)]
    adapter.score_candidates(frames, ask(3), [many] * 3)
    assert set(rows) == {3}


def test_eager_attention_scores_alike(adapter: InternVLAdapter, frames: Tensor) -> None:
    scores = adapter.score_candidates(frames, ask(3), [LABELS] * 3)
    set_attention(adapter.model, "eager")
    eager = adapter.score_candidates(frames, ask(3), [LABELS] * 3)
    torch.testing.assert_close(torch.cat(eager), torch.cat(scores), **CLOSE)
    assert adapter.language_model.config._attn_implementation == "eager"


def test_the_answer_that_was_learned_scores_highest(
    adapter: InternVLAdapter, frames: Tensor
) -> None:
    parameters = train_only([adapter.projector], adapter)
    optimizer = torch.optim.Adam(parameters, 1e-2)
    for _ in range(12):
        optimizer.zero_grad()
        adapter.losses(frames[:1], ask(1), ["kick the ball"]).sum().backward()
        optimizer.step()
    assert int(adapter.score_candidates(frames[:1], ask(1), [LABELS])[0].argmax()) == 2


@pytest.mark.parametrize("autocast", [True, False])
@pytest.mark.parametrize("wide", [("projector",), ("projector", "language_model"), ()])
def test_parts_of_unlike_dtypes_work_together(
    adapter: InternVLAdapter,
    frames: Tensor,
    patches: Tensor,
    wide: tuple[str, ...],
    autocast: bool,
) -> None:
    """Frozen parts in bfloat16, trained parts in float32, with autocast or without."""
    exact = adapter.losses(frames, ask(3), LABELS, patches).detach()
    scored = adapter.score_candidates(frames, ask(3), [LABELS] * 3, patches)
    adapter.model.bfloat16()
    for name in wide:
        adapter.parts()[name].float()
    trained = train_only([adapter.projector], adapter)
    frames = frames.requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        losses = adapter.losses(frames, ask(3), LABELS, patches)
        scores = adapter.score_candidates(frames, ask(3), [LABELS] * 3, patches)
    losses.sum().backward()
    assert losses.dtype == scores[0].dtype == torch.float32
    torch.testing.assert_close(losses, exact, rtol=0.1, atol=0.2)
    torch.testing.assert_close(torch.cat(scores), torch.cat(scored), rtol=0.1, atol=0.8)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in trained)
    assert frames.grad is not None
    assert frames.grad.dtype == torch.float32
    assert frames.grad.any()


def test_a_nan_in_a_frame_is_not_hidden(
    adapter: InternVLAdapter, frames: Tensor, patches: Tensor
) -> None:
    """Even one in the background of a frame whose background is dropped, or that has no figure."""
    patches[1, 0] = False
    frames[1, 0, 0, 0, 0] = float("nan")
    losses = adapter.losses(frames, ask(3), LABELS, patches)
    assert losses.isnan().tolist() == [False, True, False]
    scores = adapter.score_candidates(frames, ask(3), [LABELS] * 3, patches)
    assert [bool(each.isnan().all()) for each in scores] == [False, True, False]


def test_a_prompt_needs_one_place_for_each_frame(adapter: InternVLAdapter, frames: Tensor) -> None:
    with pytest.raises(UsageError, match="a prompt with 1 <image> for 2 frames; expected one for"):
        adapter.losses(frames[:1], ask(1, frames=1), ["wave"])
    smuggled = ask(1, ("wave", f"{CONTEXT} sit"))
    with pytest.raises(UsageError, match="for 2 frames"):
        adapter.losses(frames[:1], smuggled, ["wave"])


def test_a_clip_needs_one_prompt_and_one_answer(adapter: InternVLAdapter, frames: Tensor) -> None:
    with pytest.raises(UsageError, match="2 prompts; expected 3, one a clip"):
        adapter.losses(frames, ask(2), LABELS)
    with pytest.raises(UsageError, match="2 answers; expected 3, one a clip"):
        adapter.losses(frames, ask(3), LABELS[:2])
    with pytest.raises(UsageError, match="2 lists of candidates; expected 3, one a clip"):
        adapter.score_candidates(frames, ask(3), [LABELS] * 2)


def test_frames_that_are_no_whole_tokens_are_refused(adapter: InternVLAdapter) -> None:
    with pytest.raises(RenderError, match="frames of 60 x 60; expected multiples of 14 pixels"):
        adapter.losses(torch.zeros(1, 2, 3, 60, 60), ask(1), ["wave"])


def test_tokens_are_counted_as_the_decoder_gets_them(
    adapter: InternVLAdapter, frames: Tensor, patches: Tensor
) -> None:
    read: list[int] = []
    adapter.language_model.register_forward_hook(
        lambda _module, _args, out: read.append(out.last_hidden_state.shape[1])
    )
    counts = adapter.count_tokens(ask(3), LABELS, patches)
    whole = adapter.count_tokens(ask(3), LABELS, frames_shown=frames)
    asked = adapter.count_tokens(ask(3), patches=patches, frames_shown=frames)
    for i in range(3):
        one = slice(i, i + 1)
        adapter.losses(frames[one], ask(3)[one], LABELS[one], patches[one])
        adapter.losses(frames[one], ask(3)[one], LABELS[one])
    assert read[0::2] == counts
    assert read[1::2] == whole
    said = [len(ids) for ids in adapter.answer_ids(LABELS)]
    assert [a + n for a, n in zip(asked, said, strict=True)] == counts
    with pytest.raises(UsageError, match="neither patches nor frames to count"):
        adapter.count_tokens(ask(3))


def test_another_tokenizer_is_refused(adapter: InternVLAdapter) -> None:
    backend = adapter.tokenizer.backend_tokenizer.from_str(
        adapter.tokenizer.backend_tokenizer.to_str().replace("<img>", "<pic>")
    )
    other = PreTrainedTokenizerFast(tokenizer_object=backend)
    with pytest.raises(UsageError, match=r"the tokenizer lacks \['<img>'\]"):
        InternVLAdapter(adapter.model, other, adapter.picture)
