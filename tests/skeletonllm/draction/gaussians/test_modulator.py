"""The two layers, with what does not move computed once."""

from __future__ import annotations

import torch

from skeletonllm.draction.gaussians.modulator import make_mlp, project_static_inputs, run_mlp


def test_split_inputs_give_what_the_whole_network_gives() -> None:
    torch.manual_seed(0)
    net, moving, surface = make_mlp(12, 64, 5), torch.randn(3, 2, 7, 8), torch.randn(7, 4)
    whole = torch.cat([moving, surface.expand(3, 2, 7, 4)], -1)
    found = run_mlp(net, moving, project_static_inputs(net, surface))
    torch.testing.assert_close(found, net(whole))


def test_split_inputs_receive_the_gradients_of_the_whole_network() -> None:
    torch.manual_seed(1)
    net = make_mlp(5, 8, 2)
    moving, surface = torch.randn(4, 6, 3), torch.randn(6, 2)
    gradients = []
    for split in (True, False):
        a, b = moving.clone().requires_grad_(), surface.clone().requires_grad_()
        if split:
            out = run_mlp(net, a, project_static_inputs(net, b))
        else:
            out = net(torch.cat([a, b.expand(4, 6, 2)], -1))
        gradients.append(torch.autograd.grad(out.square().sum(), [a, b, *net.parameters()]))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)
