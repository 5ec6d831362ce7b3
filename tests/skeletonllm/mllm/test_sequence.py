from __future__ import annotations

import torch
from torch import nn

from skeletonllm.mllm import InternVLAdapter, Visual
from skeletonllm.mllm.sequence import pad_tokens, sum_log_likelihood, take_positions, write_chat


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


def test_log_likelihood_of_a_uniform_head() -> None:
    head = nn.Linear(4, 10, bias=False)
    head.weight.data.zero_()
    before = [torch.randn(2, 4), torch.randn(3, 4)]
    found = sum_log_likelihood(head, before, [[1, 2], [3, 4, 5]])
    torch.testing.assert_close(found, torch.tensor([2.0, 3.0]) * -torch.tensor(10.0).log())


def test_the_head_sees_the_scored_positions_only() -> None:
    rows: list[int] = []
    head = nn.Linear(4, 10)
    head.register_forward_hook(lambda _module, args, _out: rows.append(len(args[0])))
    sum_log_likelihood(head, [torch.randn(2, 4)], [[1, 2]])
    assert rows == [2]


def test_padding_stands_on_the_right() -> None:
    assert pad_tokens([[1], [2, 3]], 9, torch.device("cpu")).tolist() == [[1, 9], [2, 3]]


def test_a_narrow_head_stands_behind_a_wide_decoder() -> None:
    head = nn.Linear(4, 10).bfloat16()
    found = sum_log_likelihood(head, [torch.randn(2, 4)], [[1, 2]])
    assert found.dtype == torch.float32
