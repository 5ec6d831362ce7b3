from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from skeletonllm.errors import UsageError
from skeletonllm.mllm import DecoderInput, InternVLAdapter, Visual
from skeletonllm.mllm.foreground import choose_tokens, find_shown, pack_rows
from skeletonllm.mllm.sequence import pad_tokens
from tests.skeletonllm.mllm.conftest import LABELS, ask

CLOSE = {"rtol": 1e-4, "atol": 1e-4}
AXES = (1, 3, 7)


class DeepAdapter(InternVLAdapter):
    """Has what Qwen3-VL has: features for the first layers, and positions on several axes.

    A frame takes one position in time instead of n, so that text after it comes earlier than its
    place in the sequence. The decoder is InternVL's: it turns by a sum over the axes.
    """

    def see(self, frames: Tensor) -> Visual:
        tokens = super().see(frames).tokens
        return Visual(tokens, (tokens.roll(1, -1), tokens.flip(-1)))

    def positions(self, ids: Tensor, grid: tuple[int, int]) -> Tensor:
        here = ids == self.context
        first = here & ~here.roll(1, 1)
        time = ((~here) | first).long().cumsum(1) - 1
        place = (here.long().cumsum(1) - 1) % (grid[0] * grid[1])
        return torch.stack([time, time + place // grid[1] * here, time + place % grid[1] * here])

    def decode(self, tokens: DecoderInput) -> Any:
        assert tokens.positions.shape[0] == 3
        layers = list(self.language_model.layers)  # type: ignore[arg-type]
        hooks = [
            layer.register_forward_hook(_adder(tokens.visual, deep))
            for layer, deep in zip(layers, tokens.deep, strict=False)
        ]
        try:
            return self.language_model(
                inputs_embeds=tokens.embeds,
                position_ids=_mix(tokens),
                attention_mask=tokens.mask,
                past_key_values=tokens.cache,
                use_cache=tokens.use_cache,
            )
        finally:
            for hook in hooks:
                hook.remove()


def _mix(tokens: DecoderInput) -> Tensor:
    """One axis of all three, so that a wrong one would show."""
    return (tokens.positions * torch.tensor(AXES)[:, None, None]).sum(0)


def _adder(visual: Tensor, deep: Tensor) -> Any:
    def add(_layer: nn.Module, _args: Any, hidden: Tensor) -> Tensor:
        hidden = hidden.clone()
        hidden[visual] = hidden[visual] + deep
        return hidden

    return add


@pytest.fixture(params=[InternVLAdapter, DeepAdapter])
def any_adapter(adapter: InternVLAdapter, request: pytest.FixtureRequest) -> InternVLAdapter:
    made: InternVLAdapter = request.param(
        adapter.model, adapter.tokenizer, adapter.picture, system="You watch people."
    )
    return made.eval()


def test_a_frame_without_a_figure_keeps_its_middle_token() -> None:
    drawn = torch.zeros(1, 2, 3, 4, dtype=torch.bool)
    drawn[0, 1, 2, 0] = True
    chosen = choose_tokens(drawn)
    assert chosen.nonzero().tolist() == [[0, 0, 6], [0, 1, 8]]
    assert drawn.sum() == 1  # what was given is left as it was


def test_text_and_chosen_tokens_are_shown_and_padding_is_not() -> None:
    ids = torch.tensor([[5, 7, 7, 6], [7, 7, 5, 5]])
    chosen = torch.tensor([[[True, False]], [[False, True]]])
    shown = find_shown(ids, 7, chosen, torch.tensor([4, 3]))
    assert shown.tolist() == [[True, True, False, True], [False, True, True, False]]


def test_kept_tokens_stay_in_order_and_padding_stands_on_the_right() -> None:
    shown = torch.tensor([[True, False, True, True], [False, True, False, False]])
    index, lengths = pack_rows(shown)
    assert lengths.tolist() == [3, 1]
    assert index[0].tolist() == [0, 2, 3]
    assert index[1, 0] == 1


def test_where_all_is_foreground_nothing_changes(
    any_adapter: InternVLAdapter, frames: Tensor
) -> None:
    full = torch.ones(3, 2, 4, 4, dtype=torch.bool)
    plain, whole = (any_adapter.losses(frames, ask(3), LABELS, p) for p in (None, full))
    assert torch.equal(plain, whole)
    plain, whole = (
        torch.cat(any_adapter.score_candidates(frames, ask(3), [LABELS] * 3, p))
        for p in (None, full)
    )
    assert torch.equal(plain, whole)


def hide_dropped(adapter: InternVLAdapter, frames: Tensor, drawn: Tensor, text: str) -> Tensor:
    """Loss of one clip by the whole sequence: dropped tokens are there, and nothing sees them."""
    (asked,), (said,) = adapter.prompt_ids(ask(1), (1, 2, 16)), adapter.answer_ids([text])
    ids = pad_tokens([asked + said], adapter.end, frames.device)
    visual = adapter.see(frames)
    here = ids == adapter.context
    embeds = adapter.language_model.get_input_embeddings()(ids)  # type: ignore[operator]
    embeds = embeds.masked_scatter(here[..., None], visual.tokens)
    mask = torch.ones_like(here).masked_scatter(here, choose_tokens(drawn))
    positions = adapter.positions(ids, (4, 4))
    if positions is None:
        positions = torch.arange(ids.shape[1])[None]
    deep = tuple(each.flatten(0, 2) for each in visual.deep)
    tokens = DecoderInput(embeds=embeds, positions=positions, mask=mask, visual=here, deep=deep)
    logits = adapter.head(adapter.decode(tokens).last_hidden_state)[0, len(asked) - 1 : -1]
    return nn.functional.cross_entropy(logits, torch.tensor(said))


def test_dropping_is_the_whole_sequence_with_the_dropped_tokens_hidden(
    any_adapter: InternVLAdapter, frames: Tensor, patches: Tensor
) -> None:
    asked = [ask(1)[0]] * 3
    losses = any_adapter.losses(frames, asked, LABELS, patches)
    scores = any_adapter.score_candidates(frames, asked, [LABELS] * 3, patches)
    for i in range(3):
        one = slice(i, i + 1)
        expected = hide_dropped(any_adapter, frames[one], patches[one], LABELS[i])
        torch.testing.assert_close(losses[i], expected, **CLOSE)
        for label, score in zip(LABELS, scores[i], strict=True):
            expected = hide_dropped(any_adapter, frames[one], patches[one], label).detach()
            tokens = len(any_adapter.answer_ids([label])[0])
            torch.testing.assert_close(score, -tokens * expected, **CLOSE)


def test_dropped_tokens_matter(any_adapter: InternVLAdapter, frames: Tensor) -> None:
    """Else the tests above would say nothing."""
    drawn = torch.zeros(3, 2, 4, 4, dtype=torch.bool)
    drawn[..., 0] = True
    some, whole = (any_adapter.losses(frames, ask(3), LABELS, p) for p in (drawn, None))
    assert ((some - whole).abs() > 1e-3).all()


def test_gradients_of_dropped_tokens_are_the_vision_tower_s_alone(
    adapter: InternVLAdapter, frames: Tensor, patches: Tensor
) -> None:
    seen: list[Tensor] = []
    adapter.projector.register_forward_hook(
        lambda _module, _args, tokens: (tokens.retain_grad(), seen.append(tokens))[0]
    )
    adapter.losses(frames.requires_grad_(), ask(3), LABELS, patches).sum().backward()
    touched = seen[0].grad.any(-1).view(3, 2, 16)
    assert torch.equal(touched, choose_tokens(patches))


def test_patches_that_are_not_the_tokens_are_refused(
    adapter: InternVLAdapter, frames: Tensor
) -> None:
    coarse = torch.ones(3, 2, 2, 2, dtype=torch.bool)
    expected = r"patches \(3, 2, 2, 2\); expected \(3, 2, 4, 4\).* Render with patch=14"
    with pytest.raises(UsageError, match=expected):
        adapter.losses(frames, ask(3), LABELS, coarse)
    with pytest.raises(UsageError, match=expected):
        adapter.score_candidates(frames, ask(3), [LABELS] * 3, coarse)
