from __future__ import annotations

import torch
from torch import nn

from skeletonllm.training.estimates.saved_bytes import REST, count_saved


def test_inputs_of_trained_layers_count_and_weights_do_not() -> None:
    model = nn.Sequential(nn.Linear(8, 4), nn.Sigmoid())
    with count_saved(model, {"first": model[0]}) as saved:
        kept = model(torch.zeros(2, 8))
    assert kept.requires_grad
    assert saved.by_part == {"first": 2 * 8 * 4, REST: 2 * 4 * 4}  # the sigmoid keeps its output
    assert saved.total == 96


def test_a_storage_counts_once_and_whole() -> None:
    model = nn.Linear(4, 4)
    wide = torch.zeros(2, 100)
    with count_saved(model) as saved:
        kept = model(wide[:, :4]) + model(wide[:, 4:8])
    assert kept.requires_grad
    assert saved.total == wide.nbytes


def test_what_the_graph_let_go_of_does_not_count() -> None:
    model = nn.Linear(8, 4)
    with count_saved(model) as saved:
        model(torch.zeros(2, 8))
    assert saved.total == 0


def test_modules_have_their_hooks_back() -> None:
    model = nn.Linear(8, 4)
    with count_saved(model, {"all": model}):
        pass
    assert not model._forward_hooks
    assert not model._forward_pre_hooks
