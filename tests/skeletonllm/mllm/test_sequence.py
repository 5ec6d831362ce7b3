from __future__ import annotations

import torch

from skeletonllm.mllm import InternVLAdapter, Visual
from skeletonllm.mllm.sequence import take_positions, write_chat


def test_a_chat_without_a_template_is_chatml(adapter: InternVLAdapter) -> None:
    user = "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n"
    assert write_chat(adapter.tokenizer, "", "hello") == user
    system = "<|im_start|>system\nbe kind<|im_end|>\n"
    assert write_chat(adapter.tokenizer, "be kind", "hello") == system + user


def test_positions_are_taken_on_every_axis() -> None:
    flat = torch.tensor([[10, 11, 12], [20, 21, 22]])
    index = torch.tensor([[0, 2], [1, 1]])
    assert take_positions(flat, index).tolist() == [[10, 12], [21, 21]]
    axes = torch.stack([flat, flat + 100])
    assert take_positions(axes, index)[1].tolist() == [[110, 112], [121, 121]]


def test_clips_are_selected_with_their_deep_features() -> None:
    tokens = torch.arange(6.0).view(3, 1, 1, 2)
    few = Visual(tokens, (tokens * 2,)).select([2, 0])
    assert few.tokens.flatten().tolist() == [4, 5, 0, 1]
    assert few.deep[0].flatten().tolist() == [8, 10, 0, 2]
