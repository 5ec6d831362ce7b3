"""The small model: frames or features in, losses and scores out; saved and loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import AutoTokenizer, LlamaForCausalLM

from skeletonllm.errors import UsageError
from skeletonllm.mllm.adapter import LoadOptions
from skeletonllm.mllm.registry import load_adapter
from skeletonllm.mllm.small import adapter as module
from skeletonllm.mllm.small.adapter import SmallAdapter
from skeletonllm.mllm.small.words import SHARPNESS, compare_words, mix_words
from tests.skeletonllm.mllm.small.conftest import CoarseTower, make_adapter

TEXT = "Which action\nwave\nsit down\nthrow\n"
PROMPTS = [TEXT + "<image>" * 3, TEXT + "<image>" * 3 + "\na b c"]
ANSWERS = ["wave", "sit down"]


def test_a_loss_reaches_the_projector_and_the_pictures(
    adapter: SmallAdapter, frames: Tensor
) -> None:
    losses = adapter.losses(frames.requires_grad_(), PROMPTS, ANSWERS)
    assert losses.shape == (2,)
    losses.sum().backward()
    assert frames.grad is not None
    assert (frames.grad.abs().flatten(1).sum(1) > 0).all()
    assert all(w.grad is not None and w.grad.any() for w in adapter.projector.parameters())
    assert all(w.grad is None for w in adapter.model.parameters())


def test_features_give_what_their_frames_give(adapter: SmallAdapter, frames: Tensor) -> None:
    features = adapter.look(frames)
    assert features.shape == (2, 3, 16, 2, 2)
    seen = adapter.vision_tower.pictures
    losses = adapter.losses(features, PROMPTS, ANSWERS)
    scores = adapter.score_candidates(features, PROMPTS, [ANSWERS] * 2)
    counted = adapter.count_tokens(PROMPTS, frames_shown=features)
    assert adapter.vision_tower.pictures == seen
    assert torch.equal(losses, adapter.losses(frames, PROMPTS, ANSWERS))
    expected = adapter.score_candidates(frames, PROMPTS, [ANSWERS] * 2)
    assert all(torch.equal(a, b) for a, b in zip(scores, expected, strict=True))
    assert counted == adapter.count_tokens(PROMPTS, frames_shown=frames)


def test_scores_are_the_likelihoods_that_losses_are_means_of(
    adapter: SmallAdapter, frames: Tensor
) -> None:
    scores = adapter.score_candidates(frames, PROMPTS, [ANSWERS] * 2)
    for number, answer in enumerate(ANSWERS):
        losses = adapter.losses(frames, PROMPTS, [answer] * 2)
        length = len(adapter.answer_ids([answer])[0])
        expected = torch.stack([each[number] for each in scores])
        assert torch.allclose(-losses * length, expected, atol=1e-4)


def test_a_prompt_is_a_turn_of_chatml_without_a_system_message(adapter: SmallAdapter) -> None:
    (ids,) = adapter.prompt_ids(["a <image>"], (1, 1, 2))
    said = adapter.context_token * 2
    turn = f"<|im_start|>user\na {said}<|im_end|>\n<|im_start|>assistant\n"
    assert ids == adapter.tokenizer(turn)["input_ids"]
    assert ids.count(adapter.context) == 2


def test_a_saved_model_is_read_by_the_library_and_by_us(
    adapter: SmallAdapter, frames: Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter.save_pretrained(tmp_path)
    plain = LlamaForCausalLM.from_pretrained(tmp_path)
    assert torch.equal(plain.lm_head.weight, adapter.head.weight)
    assert AutoTokenizer.from_pretrained(tmp_path).get_vocab() == adapter.tokenizer.get_vocab()
    monkeypatch.setattr(module, "Tower", lambda: CoarseTower(16))
    loaded = load_adapter(str(tmp_path), LoadOptions())
    assert isinstance(loaded, SmallAdapter)
    assert loaded.patch == 64
    expected = adapter.losses(frames, PROMPTS, ANSWERS)
    found = loaded.losses(frames, PROMPTS, ANSWERS)
    assert torch.allclose(found, expected, atol=1e-5)  # other alignment, other last digits


def test_a_llama_alone_is_refused(adapter: SmallAdapter, tmp_path: Path) -> None:
    adapter.model.save_pretrained(tmp_path)
    with pytest.raises(UsageError, match="a Llama without eyes"):
        load_adapter(str(tmp_path), LoadOptions())


def test_frames_that_are_no_whole_tokens_are_refused(adapter: SmallAdapter) -> None:
    with pytest.raises(Exception, match="multiples of 64 pixels"):
        adapter.look(torch.zeros(1, 1, 3, 96, 96))


def test_background_never_reaches_the_language_model(adapter: SmallAdapter, frames: Tensor) -> None:
    patches = torch.ones(2, 3, 2, 2, dtype=torch.bool)
    shown = adapter.count_tokens(PROMPTS, patches=patches)
    patches[0, 0, 0, 0] = False
    assert adapter.count_tokens(PROMPTS, patches=patches) == [shown[0] - 1, shown[1]]
    assert adapter.losses(frames, PROMPTS, ANSWERS, patches).isfinite().all()


def test_half_precision_is_close(adapter: SmallAdapter, frames: Tensor) -> None:
    expected = adapter.losses(frames, PROMPTS, ANSWERS)
    half = make_adapter()
    half.model.bfloat16()
    half.vision_tower.bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.allclose(half.losses(frames, PROMPTS, ANSWERS), expected, rtol=0.1)


def test_word_losses_teach_a_projector_to_write_words(
    adapter: SmallAdapter, frames: Tensor
) -> None:
    features = adapter.look(frames)
    optimizer = torch.optim.Adam(adapter.projector.parameters(), 1e-2)
    first = adapter.word_losses(features, ANSWERS)
    assert first.shape == (2,)
    for _ in range(60):
        optimizer.zero_grad()
        adapter.word_losses(features, ANSWERS).sum().backward()
        optimizer.step()
    assert (adapter.word_losses(features, ANSWERS) < first / 4).all()
    table = adapter.model.get_input_embeddings().weight
    said = adapter.see(features).tokens.flatten(1, 2)
    wanted = [adapter.answer_ids([answer])[0][:-1] for answer in ANSWERS]
    for row, words in zip(said, wanted, strict=True):
        spoken = torch.tensor([words[i % len(words)] for i in range(len(row))])
        assert torch.equal(torch.cdist(row, table).argmin(1), spoken)
        # What the language model reads is the word itself, nearly.
        assert (row - table[spoken]).norm(dim=1).max() < 0.5 * table.norm(dim=1).mean()


def test_visual_tokens_are_mixtures_of_words(adapter: SmallAdapter, frames: Tensor) -> None:
    table = adapter.model.get_input_embeddings().weight
    tokens = adapter.see(frames).tokens
    assert tokens.shape == (2, 3, 4, table.shape[1])
    lowest, highest = table.min(0).values, table.max(0).values
    assert ((tokens >= lowest - 1e-6) & (tokens <= highest + 1e-6)).all()


def test_a_word_given_as_a_token_is_read_as_itself(adapter: SmallAdapter) -> None:
    table = adapter.model.get_input_embeddings().weight
    some = table[40:60]
    assert torch.equal(compare_words(some, table).argmax(-1), torch.arange(40, 60))
    logits = compare_words(some, table)
    distances = torch.cdist(some, table).square() / table.square().sum(1).mean()
    ours = logits[:, :1] - logits  # what all words have in common falls out
    theirs = SHARPNESS / 2 * (distances - distances[:, :1])
    assert torch.allclose(ours, theirs, rtol=1e-3, atol=1e-2)
    assert mix_words(some, table).shape == some.shape
