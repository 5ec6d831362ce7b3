from __future__ import annotations

import torch
from torch import nn

from skeletonllm.mllm.likelihood import pad_tokens, sum_log_likelihood


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
