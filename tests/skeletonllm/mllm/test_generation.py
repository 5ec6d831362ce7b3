"""Generated text: the likeliest tokens by whole sequences without a cache, in whole letters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest
import torch
from torch import Tensor

from skeletonllm.errors import UsageError
from skeletonllm.mllm import InternVLAdapter, chat, tiny_internvl, train_only
from skeletonllm.mllm.adapter import LoadOptions
from skeletonllm.mllm.chat import ChatAdapter
from skeletonllm.mllm.checkpoint import set_attention
from skeletonllm.mllm.foreground import choose_tokens
from skeletonllm.mllm.generation import CLIPS_AT_ONCE, GrowingText, Piece
from skeletonllm.mllm.registry import load_adapter
from skeletonllm.mllm.sequence import DecoderInput
from skeletonllm.mllm.small.packages import find_missing
from skeletonllm.mllm.tiny.qwen_vl import tiny_qwen_vl
from tests.skeletonllm.mllm.conftest import LABELS, ask
from tests.skeletonllm.mllm.small.conftest import make_adapter

MISSING = find_missing()
SIDES = {"internvl": 56, "qwen2_5_vl": 56, "qwen3_vl": 64, "like small": 128, "small": 112}
"""Pixels of a frame. `like small` has tiny random ends, and reads a shared beginning once."""
CLIPS, FRAMES, MOST = 3, 2, 12


@pytest.fixture(scope="module", params=sorted(SIDES))
def shown(request: pytest.FixtureRequest) -> tuple[ChatAdapter, Tensor, Tensor]:
    """A model of each family, three clips to show it, and their foreground."""
    family = request.param
    if family == "small" and MISSING:
        pytest.skip(f"not installed: {', '.join(MISSING)}")
    adapter: ChatAdapter
    if family == "internvl":
        adapter = tiny_internvl(LABELS)
    elif family == "like small":
        adapter = make_adapter().requires_grad_(False)
    elif family == "small":
        loaded = load_adapter("small", LoadOptions())
        assert isinstance(loaded, ChatAdapter)
        adapter = loaded.requires_grad_(False)
    else:
        adapter = tiny_qwen_vl(family, LABELS)
    generator, side = torch.Generator().manual_seed(0), SIDES[family]
    frames = torch.rand(CLIPS, FRAMES, 3, side, side, generator=generator)
    cells = side // adapter.patch
    patches = torch.rand(CLIPS, FRAMES, cells, cells, generator=generator) < 0.5
    return adapter, frames, patches


PROMPTS = [
    ask(1)[0],
    ask(1, LABELS[:2])[0] + "\nSay it in a few words of your own, if you can, or in none at all.",
    "<image><image>",
]
"""Of unlike lengths."""


@torch.no_grad()
def decode_whole(adapter: ChatAdapter, frames: Tensor, prompt: str, drawn: Tensor) -> list[int]:
    """The likeliest tokens of one clip: the whole sequence is read anew for each.

    Nothing is dropped from it and nothing cached: background is there, and no token sees it.
    """
    chosen = choose_tokens(drawn)
    (asked,) = adapter.prompt_ids([prompt], chosen.shape)
    visual, said = adapter.see(frames), list[int]()
    while len(said) < MOST and said[-1:] != [adapter.end]:
        # Positions of text do not depend on its words; a word that is a picture's would count.
        ids = torch.tensor([asked + [adapter.end] * len(said)])
        here = ids == adapter.context
        positions = adapter.positions(ids, tuple(drawn.shape[-2:]))
        if positions is None:
            positions = torch.arange(ids.shape[1])[None]
        words = torch.tensor([asked + said])
        embeds = adapter.language_model.get_input_embeddings()(words)  # type: ignore[operator]
        embeds = embeds.masked_scatter(here[..., None], visual.tokens.to(embeds.dtype))
        tokens = DecoderInput(
            embeds=embeds,
            positions=positions,
            mask=torch.ones_like(here).masked_scatter(here, chosen),
            visual=here,
            deep=tuple(each.flatten(0, 2) for each in visual.deep),
        )
        last = adapter.decode(tokens).last_hidden_state[0, -1]
        said.append(int(adapter.head(last).argmax()))
    return said


def write(adapter: ChatAdapter, ids: list[int]) -> str:
    """What tokens say, without the part of a character that a cut answer may end with."""
    text: str = adapter.tokenizer.decode(ids, skip_special_tokens=True)
    return text if ids[-1] == adapter.end else text.rstrip("\ufffd")


def count_tokens(steps: list[tuple[Piece, ...]]) -> list[int]:
    return [sum(piece.tokens for piece in row) for row in zip(*steps, strict=True)]


def test_words_are_the_likeliest_of_whole_sequences_without_a_cache(
    shown: tuple[ChatAdapter, Tensor, Tensor],
) -> None:
    """Together, alone, and with the dropped background there, though unseen."""
    adapter, frames, patches = shown
    steps = list(adapter.tell(frames, PROMPTS, patches, max_tokens=MOST))
    together = adapter.generate(frames, PROMPTS, patches, max_tokens=MOST)
    for i, prompt in enumerate(PROMPTS):
        one = slice(i, i + 1)
        expected = decode_whole(adapter, frames[one], prompt, patches[one])
        assert together[i] == write(adapter, expected)
        assert count_tokens(steps)[i] == len(expected)
        assert steps[-1][i].ended == (expected[-1] == adapter.end)
        assert adapter.generate(frames[one], [prompt], patches[one], max_tokens=MOST) == [
            together[i]
        ]
        streamed = list(adapter.stream(frames[one], prompt, patches[one], max_tokens=MOST))
        assert "".join(streamed) == together[i]
        assert all(streamed)


def test_what_is_seen_and_asked_changes_what_is_said(
    shown: tuple[ChatAdapter, Tensor, Tensor],
) -> None:
    """Else the test above would say nothing."""
    adapter, frames, _ = shown
    said = adapter.generate(frames, PROMPTS, max_tokens=MOST)
    assert len(set(said)) > 1


def test_an_answer_is_cut_at_the_most_tokens(
    shown: tuple[ChatAdapter, Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter, frames, _ = shown
    never = partial(GrowingText, adapter.tokenizer, end=-1)
    monkeypatch.setattr(chat, "GrowingText", lambda _tokenizer, _end: never())
    for most in (1, 5):
        steps = list(adapter.tell(frames, PROMPTS, max_tokens=most))
        assert count_tokens(steps) == [most] * CLIPS
        assert not any(piece.ended for piece in steps[-1])
    with pytest.raises(UsageError, match="0 tokens; expected max_tokens of 1 or more"):
        adapter.generate(frames, PROMPTS, max_tokens=0)


def teach(adapter: InternVLAdapter, frames: Tensor, answers: Sequence[str]) -> None:
    parameters = train_only([adapter.projector], adapter)
    optimizer = torch.optim.Adam(parameters, 1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        losses = adapter.losses(frames, ask(len(frames)), answers)
        losses.sum().backward()
        optimizer.step()
        if losses.max() < 0.05:
            return


def test_a_model_that_learned_answers_says_them_and_ends_each_in_its_time(
    adapter: InternVLAdapter, frames: Tensor
) -> None:
    answers = ["wave", "kick the ball", "sit down"]
    teach(adapter, frames, answers)
    steps = list(adapter.tell(frames, ask(3), max_tokens=50))
    assert adapter.generate(frames, ask(3)) == answers
    assert count_tokens(steps) == [len(ids) for ids in adapter.answer_ids(answers)]
    assert all(piece.ended for piece in steps[-1])
    longest = max(len(ids) for ids in adapter.answer_ids(answers))
    assert len(steps) == longest


def test_a_learned_emoji_of_several_tokens_is_streamed_whole(
    adapter: InternVLAdapter, frames: Tensor
) -> None:
    assert len(adapter.answer_ids(["🙂"])[0]) == 5
    one = frames[:1]
    teach(adapter, one, ["wave 🙂!"])
    pieces = list(adapter.stream(one, ask(1)[0]))
    assert pieces == ["wave", " ", "🙂", "!"]
    cut = len(adapter.answer_ids(["wave 🙂"])[0]) - 2  # in the middle of it
    assert adapter.generate(one, ask(1), max_tokens=cut) == ["wave "]


@pytest.mark.parametrize("text", ["a🙂é b", "日本", "sit down", "", "no  two\n\n lines", "👨‍👩‍👧"])
def test_an_answer_grows_in_whole_characters(adapter: InternVLAdapter, text: str) -> None:
    (ids,) = adapter.answer_ids([text])
    answer = GrowingText(adapter.tokenizer, adapter.end)
    pieces = [answer.add(token) for token in ids]
    assert "".join(piece.text for piece in pieces) == text
    assert not any("\ufffd" in piece.text for piece in pieces)
    assert [piece.ended for piece in pieces] == [False] * (len(ids) - 1) + [True]
    assert answer.add(ids[0]) == Piece("", 0, True)


def test_bytes_that_are_no_character_are_told_once_they_cannot_become_one(
    adapter: InternVLAdapter,
) -> None:
    broken = adapter.answer_ids(["🙂"])[0][:2]
    answer = GrowingText(adapter.tokenizer, adapter.end)
    for token in broken:
        assert answer.add(token).text == ""
    (letter, _) = adapter.answer_ids(["x"])[0]
    assert answer.add(letter).text == "\ufffdx"
    answer.add(broken[0])
    assert answer.add(adapter.end) == Piece("\ufffd", 1, True)


def test_special_tokens_are_no_text(adapter: InternVLAdapter) -> None:
    answer = GrowingText(adapter.tokenizer, adapter.end)
    assert answer.add(adapter.context) == Piece("", 1, False)


def test_many_clips_are_read_a_few_at_a_time(adapter: InternVLAdapter) -> None:
    count = CLIPS_AT_ONCE + 2
    frames = torch.rand(count, 1, 3, 56, 56, generator=torch.Generator().manual_seed(1))
    patches = torch.ones(count, 1, 4, 4, dtype=torch.bool)
    rows: list[int] = []
    adapter.vision_tower.register_forward_hook(
        lambda _module, _args, out: rows.append(len(out.last_hidden_state))
    )
    asked = ask(count, frames=1)
    said = adapter.generate(frames, asked, patches, max_tokens=4)
    assert rows == [CLIPS_AT_ONCE, 2]
    assert said[-1:] == adapter.generate(frames[-1:], asked[-1:], max_tokens=4)
    with pytest.raises(UsageError, match="prompts; expected"):
        adapter.generate(frames, asked[:CLIPS_AT_ONCE], max_tokens=4)


def test_a_token_is_read_for_each_step_and_the_prompt_once(
    adapter: InternVLAdapter, frames: Tensor
) -> None:
    read: list[int] = []
    adapter.language_model.register_forward_hook(
        lambda _module, _args, out: read.append(out.last_hidden_state.shape[1])
    )
    steps = list(adapter.tell(frames, ask(3), max_tokens=4))
    longest = max(adapter.count_tokens(ask(3), frames_shown=frames))
    assert read == [longest, *[1] * (len(steps) - 1)]


def test_eager_attention_and_half_precision_say_something_too(
    adapter: InternVLAdapter, frames: Tensor
) -> None:
    said = adapter.generate(frames, ask(3), max_tokens=6)
    set_attention(adapter.model, "eager")
    assert adapter.generate(frames, ask(3), max_tokens=6) == said
    assert adapter.language_model.config._attn_implementation == "eager"
    adapter.model.bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        assert len(adapter.generate(frames, ask(3), max_tokens=6)) == 3
