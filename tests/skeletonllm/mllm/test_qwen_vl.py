"""Qwen2.5-VL and Qwen3-VL, against the library's own processor and forward pass."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import (
    AutoImageProcessor,
    PreTrainedTokenizerFast,
    Qwen2_5_VLProcessor,
    Qwen3VLProcessor,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.errors import RenderError, UsageError
from skeletonllm.mllm import LoadOptions, get_family, load_adapter, tiny_internvl, train_only
from skeletonllm.mllm.qwen_vl import CLASSES, QwenVLAdapter, load_family
from skeletonllm.mllm.tiny.qwen_vl import tiny_qwen_vl
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.prompts import build_recognition_prompt
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V2

LABELS = ("wave", "sit down", "kick the ball")
CLOSE = {"rtol": 1e-4, "atol": 1e-4}
TEMPLATES = Path(__file__).with_name("templates")
"""The published chat templates, as they are."""
SIDES = {"qwen2_5_vl": 56, "qwen3_vl": 64}
PROCESSORS: dict[str, Any] = {"qwen2_5_vl": Qwen2_5_VLProcessor, "qwen3_vl": Qwen3VLProcessor}


@pytest.fixture(scope="module", params=sorted(CLASSES))
def kept(request: pytest.FixtureRequest) -> QwenVLAdapter:
    return tiny_qwen_vl(request.param, LABELS)


@pytest.fixture
def qwen(kept: QwenVLAdapter) -> QwenVLAdapter:
    """A tiny model that a test may change."""
    made = type(kept)(copy.deepcopy(kept.model), kept.tokenizer, kept.picture, kept.system)
    return made.eval().requires_grad_(False)


def family(adapter: QwenVLAdapter) -> str:
    name: str = adapter.model.config.model_type
    return name


def pictures(adapter: QwenVLAdapter, clips: int = 2, frames: int = 2, wide: int = 1) -> Tensor:
    """Random pictures, uint8 [B, T, 3, H, W], ``wide`` times as wide as high."""
    side = SIDES[family(adapter)]
    shape = (clips, frames, 3, side, side * wide)
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


def shown(adapter: QwenVLAdapter, clips: int = 2, frames: int = 2) -> Tensor:
    return pictures(adapter, clips, frames).float() / 255


def ask(count: int, frames: int = 2) -> list[str]:
    """Prompts of different lengths."""
    labels = (LABELS, LABELS[:2], LABELS)
    return [
        build_recognition_prompt(labels[i], num_frames=frames, key=str(i)) for i in range(count)
    ]


def make_processor(adapter: QwenVLAdapter) -> Any:
    """The library's processor with the published template; its videos need torchvision."""
    kind = PROCESSORS[family(adapter)]

    class WithoutVideos(kind):  # type: ignore[misc]
        @classmethod
        def get_attributes(cls) -> list[str]:
            return ["image_processor", "tokenizer"]

    template = (TEMPLATES / f"{family(adapter)}.jinja").read_text()
    images = Qwen2VLImageProcessorPil(**adapter.picture, do_resize=False)
    return WithoutVideos(images, adapter.tokenizer, chat_template=template)


def messages(system: str, prompt: str, clip: Tensor) -> list[dict[str, Any]]:
    """What a user of the library would write for one clip, uint8 [T, 3, H, W]."""
    texts = prompt.split("<image>")
    content: list[dict[str, Any]] = [{"type": "text", "text": texts[0]}]
    for picture, text in zip(clip, texts[1:], strict=True):
        image = Image.fromarray(np.asarray(picture.permute(1, 2, 0)))
        content += [{"type": "image", "image": image}, {"type": "text", "text": text}]
    turns = [{"role": "system", "content": [{"type": "text", "text": system}]}] if system else []
    return [*turns, {"role": "user", "content": content}]


def process(adapter: QwenVLAdapter, prompt: str, clip: Tensor) -> dict[str, Tensor]:
    found: dict[str, Tensor] = make_processor(adapter).apply_chat_template(
        messages(adapter.system, prompt, clip),
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )
    return dict(found)


def library_loss(
    adapter: QwenVLAdapter, prompt: str, answer: str, clip: Tensor, **more: Tensor
) -> Tensor:
    """Pictures and messages in, the library's processor and forward pass, its loss out."""
    inputs = process(adapter, prompt, clip)
    said = torch.tensor(adapter.answer_ids([answer]))
    inputs["labels"] = torch.cat([torch.full_like(inputs["input_ids"], -100), said], 1)
    inputs["input_ids"] = torch.cat([inputs["input_ids"], said], 1)
    types = inputs["mm_token_type_ids"]
    inputs["mm_token_type_ids"] = torch.cat([types, torch.zeros_like(said, dtype=types.dtype)], 1)
    del inputs["attention_mask"]
    loss: Tensor = adapter.model(**inputs, **more).loss
    return loss


@pytest.mark.parametrize("system", ["You watch people.", ""])
def test_tokens_are_those_of_the_library_s_processor(qwen: QwenVLAdapter, system: str) -> None:
    qwen.system = system
    clip = pictures(qwen, 1, wide=2)
    theirs = process(qwen, ask(1)[0], clip[0])
    ours = qwen.prompt_ids(ask(1), qwen.see(clip / 255).tokens.shape[:3])
    assert ours == theirs["input_ids"].tolist()
    assert theirs["mm_token_type_ids"].sum() == 2 * (2 * 4)  # frames of 2 x 4 visual tokens


def test_pixels_are_those_of_the_library_s_processor(qwen: QwenVLAdapter) -> None:
    clip = pictures(qwen, 1, wide=2)
    theirs = process(qwen, ask(1)[0], clip[0])
    patches, grids = qwen.pixels(clip / 255)
    torch.testing.assert_close(patches, theirs["pixel_values"], rtol=0, atol=1e-6)
    assert grids.tolist() == theirs["image_grid_thw"].tolist()


def test_visual_tokens_are_the_library_s_and_pass_the_gradient_on(qwen: QwenVLAdapter) -> None:
    frames = (pictures(qwen, wide=3) / 255).requires_grad_()  # more than a window of Qwen2.5
    seen = qwen.see(frames)
    patches, grids = qwen.pixels(frames[1:, 1:])
    theirs = qwen.model.model.get_image_features(patches, grids)
    torch.testing.assert_close(seen.tokens[1, 1], theirs.pooler_output[0], **CLOSE)
    assert len(seen.deep) == (2 if family(qwen) == "qwen3_vl" else 0)
    for ours, deep in zip(seen.deep, getattr(theirs, "deepstack_features", ()), strict=True):
        torch.testing.assert_close(ours[1, 1], deep[0], **CLOSE)
    seen.tokens.square().sum().backward()
    assert frames.grad is not None
    assert (frames.grad != 0).float().mean() > 0.9


def test_losses_are_the_library_s_own(qwen: QwenVLAdapter) -> None:
    clips = pictures(qwen)
    ours = qwen.losses(clips / 255, ask(2), ["sit down", "wave"])
    theirs = [
        library_loss(qwen, prompt, answer, clip)
        for prompt, answer, clip in zip(ask(2), ["sit down", "wave"], clips, strict=True)
    ]
    torch.testing.assert_close(ours, torch.stack(theirs), **CLOSE)


def test_scores_are_the_library_s_likelihoods(qwen: QwenVLAdapter) -> None:
    clips = pictures(qwen)
    choices = [LABELS, LABELS[1:]]
    scores = qwen.score_candidates(clips / 255, ask(2), choices)
    for clip, prompt, names, found in zip(clips, ask(2), choices, scores, strict=True):
        lengths = [len(ids) for ids in qwen.answer_ids(names)]
        losses = [library_loss(qwen, prompt, name, clip) for name in names]
        expected = -torch.stack(losses) * torch.tensor(lengths)
        torch.testing.assert_close(found, expected, **CLOSE)


def test_deepstack_features_matter(qwen: QwenVLAdapter) -> None:
    """What the equalities above would not notice if they were without effect."""
    before = qwen.losses(shown(qwen), ask(2), LABELS[:2])
    deep = [m for n, m in qwen.projector.named_modules() if n.startswith("deepstack_merger_list.")]
    for module in deep:
        for parameter in module.parameters(recurse=False):
            parameter.data.zero_()
    after = qwen.losses(shown(qwen), ask(2), LABELS[:2])
    assert torch.allclose(before, after, **CLOSE) == (family(qwen) == "qwen2_5_vl")


def test_positions_have_three_axes_and_a_picture_counts_by_its_longer_side(
    qwen: QwenVLAdapter,
) -> None:
    ids = torch.tensor(qwen.prompt_ids(ask(1), (1, 2, 8)))
    time, down, across = qwen.positions(ids, (2, 4))[:, 0]
    start = int((ids[0] == qwen.context).nonzero()[0])
    first = slice(start, start + 8)
    assert (time[first] - start).tolist() == [0] * 8
    assert (down[first] - start).tolist() == [0] * 4 + [1] * 4
    assert (across[first] - start).tolist() == [0, 1, 2, 3] * 2
    assert time[-1] == down[-1] == across[-1] == ids.shape[1] - 1 - 2 * (8 - 4)


def test_all_in_the_foreground_is_all_tokens(qwen: QwenVLAdapter) -> None:
    frames = torch.cat([shown(qwen)] * 2, -1)
    everywhere = torch.ones(2, 2, *qwen.layout.grid(frames), dtype=torch.bool)
    whole = qwen.losses(frames, ask(2), LABELS[:2])
    torch.testing.assert_close(qwen.losses(frames, ask(2), LABELS[:2], everywhere), whole)


def some_foreground(adapter: QwenVLAdapter) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    side = SIDES[family(adapter)] // adapter.patch
    chosen = torch.rand(2, 2, side, side, generator=generator) < 0.5
    chosen[..., 0, 0] = True
    return chosen


def mask_background(adapter: QwenVLAdapter, prompt: str, said: str, chosen: Tensor) -> Tensor:
    """Attention mask [1, L] over the whole sequence, zero for background."""
    (ids,) = adapter.prompt_ids([prompt], (1, *chosen.flatten(1).shape))
    whole = torch.tensor([ids + adapter.answer_ids([said])[0]])
    return torch.ones_like(whole).masked_scatter(whole == adapter.context, chosen.long())


def test_background_is_as_if_masked_with_positions_kept(qwen: QwenVLAdapter) -> None:
    """The library reads every token with background masked; ours never reads it."""
    clips, chosen, said = pictures(qwen), some_foreground(qwen), ["sit down", "wave"]
    assert not chosen.all()
    ours = qwen.losses(clips / 255, ask(2), said, chosen)
    for i in range(2):
        (ids,) = qwen.prompt_ids(ask(2)[i : i + 1], (1, 2, chosen[0, 0].numel()))
        whole = torch.tensor([ids + qwen.answer_ids(said)[i]])
        theirs = library_loss(
            qwen,
            ask(2)[i],
            said[i],
            clips[i],
            attention_mask=mask_background(qwen, ask(2)[i], said[i], chosen[i]),
            position_ids=qwen.positions(whole, tuple(chosen.shape[-2:])),
        )
        torch.testing.assert_close(ours[i], theirs, **CLOSE)
    scores = qwen.score_candidates(clips / 255, ask(2), [[each] for each in said], chosen)
    lengths = torch.tensor([len(each) for each in qwen.answer_ids(said)])
    torch.testing.assert_close(torch.cat(scores), -ours * lengths, **CLOSE)


def test_a_rendering_and_its_foreground_fit(qwen: QwenVLAdapter) -> None:
    size = SIDES[family(qwen)]
    renderer = DrAction(DrActionConfig(size=size, patch=qwen.patch, points_per_bone=3))
    batch = MotionBatch.from_motions([synthesize("hand waving", topology=KINECT_V2)])
    rendered = renderer(batch, torch.tensor([[5, 40]]))
    qwen.losses(rendered.frames, ask(1), ["wave"], rendered.patches).sum().backward()
    untouched = [n for n, p in renderer.named_parameters() if p.grad is None or not p.grad.any()]
    assert not [name for name in untouched if "appearance" in name and "format" not in name]
    assert rendered.patches.shape == (1, 2, 2, 2)


def test_parts_share_nothing_and_hold_all_but_the_head(qwen: QwenVLAdapter) -> None:
    held = [p for part in qwen.parts().values() for p in part.parameters()]
    assert len({id(p) for p in held}) == len(held)
    everything = {name for name, _ in qwen.named_parameters()}
    known = {name for name, p in qwen.named_parameters() if any(p is each for each in held)}
    assert everything - known == {"model.lm_head.weight"}
    making_tokens = {"qwen2_5_vl": ["merger"], "qwen3_vl": ["deepstack_merger_list", "merger"]}
    mergers = {name.split(".")[0] for name in qwen.projector.state_dict()}
    assert sorted(mergers) == making_tokens[family(qwen)]


def test_a_part_s_state_is_saved_and_loaded(qwen: QwenVLAdapter, tmp_path: Path) -> None:
    other = tiny_qwen_vl(family(qwen), LABELS, seed=1)
    other.head.load_state_dict(qwen.head.state_dict())
    for name, part in qwen.parts().items():
        save_file(part.state_dict(), tmp_path / f"{name}.safetensors")
        losses = [each.losses(shown(qwen), ask(2), LABELS[:2]) for each in (qwen, other)]
        assert not torch.allclose(*losses, **CLOSE)
        other.parts()[name].load_state_dict(load_file(tmp_path / f"{name}.safetensors"))
    losses = [each.losses(shown(qwen), ask(2), LABELS[:2]) for each in (qwen, other)]
    assert torch.equal(*losses)


def test_only_the_mergers_are_trained(qwen: QwenVLAdapter) -> None:
    trained = train_only([qwen.projector], qwen)
    qwen.losses(shown(qwen), ask(2), LABELS[:2]).sum().backward()
    named = {name for name, p in qwen.named_parameters() if p.grad is not None}
    assert len(named) == len(trained)
    assert all("merger" in name for name in named)
    assert all(p.grad is not None and p.grad.any() for p in trained)


@pytest.mark.parametrize("autocast", [False, True])
def test_a_float32_projector_trains_behind_a_bfloat16_tower(
    qwen: QwenVLAdapter, autocast: bool
) -> None:
    qwen.to(torch.bfloat16)
    rounded = copy.deepcopy(qwen.model).float()
    exact = type(qwen)(rounded, qwen.tokenizer, qwen.picture, qwen.system).eval()
    qwen.projector.float()
    trained = train_only([qwen.projector], qwen)
    frames = shown(qwen).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        losses = qwen.losses(frames, ask(2), LABELS[:2])
        scores = qwen.score_candidates(frames, ask(2), [LABELS[:1], LABELS[1:2]])
    assert losses.dtype == scores[0].dtype == torch.float32
    expected = exact.losses(frames.detach(), ask(2), LABELS[:2])
    torch.testing.assert_close(losses, expected, rtol=0.1, atol=0.1)
    losses.sum().backward()
    assert all(p.grad is not None and p.grad.dtype == torch.float32 for p in trained)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in trained)
    assert frames.grad is not None
    assert frames.grad.any()


def count_saved(loss: Callable[[], Tensor]) -> tuple[int, Tensor]:
    """Bytes of the tensors that autograd keeps for the backward pass, and the loss."""
    saved: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        value = loss()
    return sum(saved.values()), value


def test_recomputed_activations_save_memory_and_change_no_gradient(qwen: QwenVLAdapter) -> None:
    trained = train_only([qwen.projector], qwen)
    frames = shown(qwen).requires_grad_()
    grads, sizes = [], []
    for on in (False, True):
        qwen.checkpoint_activations(on)
        size, loss = count_saved(lambda: qwen.losses(frames, ask(2), LABELS[:2]).sum())
        grads.append(torch.autograd.grad(loss, [frames, *trained]))
        sizes.append(size)
    assert sizes[1] < 0.7 * sizes[0]
    for kept_all, recomputed in zip(*grads, strict=True):
        torch.testing.assert_close(recomputed, kept_all)


def test_a_saved_checkpoint_gives_the_same_scores(qwen: QwenVLAdapter, tmp_path: Path) -> None:
    qwen.save_pretrained(tmp_path)
    assert get_family(str(tmp_path)).name == family(qwen)
    ours = torch.stack(qwen.score_candidates(shown(qwen), ask(2), [LABELS] * 2))
    for attention, room in (("sdpa", 0.0), ("eager", 1e-4)):
        loaded = load_adapter(str(tmp_path), LoadOptions(attention=attention))
        theirs = torch.stack(loaded.score_candidates(shown(qwen), ask(2), [LABELS] * 2))
        torch.testing.assert_close(theirs, ours, rtol=0, atol=room)
    processor = AutoImageProcessor.from_pretrained(tmp_path)
    assert processor.patch_size * 2 == qwen.patch
    assert list(processor.image_mean) == qwen.picture["image_mean"]


def test_weights_are_saved_under_their_published_names(kept: QwenVLAdapter, tmp_path: Path) -> None:
    kept.save_pretrained(tmp_path)
    first = "visual" if family(kept) == "qwen2_5_vl" else "model.visual"
    names = load_file(tmp_path / "model.safetensors").keys()
    assert f"{first}.patch_embed.proj.weight" in names


def test_a_checkpoint_of_another_family_is_refused(tmp_path: Path) -> None:
    tiny_internvl(["wave"]).save_pretrained(tmp_path)
    with pytest.raises(UsageError, match="of model_type 'internvl'; expected one of qwen2_5_vl"):
        load_family(str(tmp_path), LoadOptions())


@pytest.mark.parametrize("lost", ["model.safetensors", "preprocessor_config.json"])
def test_a_folder_that_lacks_a_file_is_refused(
    kept: QwenVLAdapter, tmp_path: Path, lost: str
) -> None:
    kept.save_pretrained(tmp_path)
    (tmp_path / lost).unlink()
    like = CLASSES[family(kept)][2]
    with pytest.raises(UsageError, match=f"no checkpoint of .*VLFor.* Give a folder .* as {like}"):
        load_adapter(str(tmp_path), LoadOptions())


def test_another_tokenizer_is_refused(qwen: QwenVLAdapter) -> None:
    text = qwen.tokenizer.backend_tokenizer.to_str().replace("<|image_pad|>", "<|pad|>")
    other = PreTrainedTokenizerFast(
        tokenizer_object=qwen.tokenizer.backend_tokenizer.from_str(text)
    )
    with pytest.raises(UsageError, match=r"the tokenizer lacks \['<\|image_pad\|>'\]"):
        type(qwen)(qwen.model, other, qwen.picture)


def test_frames_that_are_no_whole_tokens_are_refused(qwen: QwenVLAdapter) -> None:
    with pytest.raises(RenderError, match=f"multiples of {qwen.patch} pixels"):
        qwen.losses(torch.zeros(1, 2, 3, qwen.patch, qwen.patch + 4), ask(1), ["wave"])
