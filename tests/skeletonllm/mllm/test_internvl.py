"""InternVL 3 against the library's own classes: pictures, chat, tokens and loss."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor
from transformers import InternVLProcessor, PreTrainedTokenizerFast
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.errors import RenderError, UsageError
from skeletonllm.mllm import InternVLAdapter, LoadOptions, load_internvl
from skeletonllm.mllm.tiny.internvl import MEAN, STD
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.prompts.recognition import IMAGE
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SMPL_22
from tests.skeletonllm.mllm.conftest import LABELS, ask

CLOSE = {"rtol": 1e-4, "atol": 1e-4}
TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for part in m['content'] %}{% if part['type'] == 'image' %}{{ '<IMG_CONTEXT>\n' }}"
    "{% elif part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}"
    "{{ '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""What the chat template of InternVL3-8B-hf does with text and pictures (it knows videos too)."""


@pytest.fixture
def processor(adapter: InternVLAdapter, monkeypatch: pytest.MonkeyPatch) -> InternVLProcessor:
    """The library's own. Only its demand for a video processor, so for torchvision, is lifted."""
    monkeypatch.setattr(
        InternVLProcessor,
        "check_argument_for_proper_class",
        lambda _self, _name, given: type(given),
    )
    backend = adapter.tokenizer.backend_tokenizer
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend.from_str(backend.to_str()),
        eos_token="<|im_end|>",
        extra_special_tokens={
            "start_image_token": "<img>",
            "end_image_token": "</img>",
            "context_image_token": "<IMG_CONTEXT>",
            "video_token": "<video>",
        },
    )
    pictures = GotOcr2ImageProcessorPil(
        size={"height": 56, "width": 56}, image_mean=MEAN, image_std=STD
    )
    return InternVLProcessor(pictures, tokenizer, None, image_seq_length=16, chat_template=TEMPLATE)


@pytest.fixture
def pictures() -> Tensor:
    """Two frames of bytes."""
    return torch.randint(256, (2, 3, 56, 56), generator=torch.Generator().manual_seed(0)).byte()


def process(
    processor: InternVLProcessor, prompt: str, system: str, pictures: Tensor
) -> dict[str, Tensor]:
    """What the library makes of the conversation; its template ends a picture with a new line."""
    content = [{"type": "text", "text": text} for text in prompt.split(f"{IMAGE}\n")]
    for i, picture in enumerate(pictures):
        image = Image.fromarray(picture.permute(1, 2, 0).numpy())
        content.insert(2 * i + 1, {"type": "image", "image": image})
    turns = [{"role": "user", "content": content}]
    if system:
        turns.insert(0, {"role": "system", "content": [{"type": "text", "text": system}]})
    processed: dict[str, Tensor] = processor.apply_chat_template(
        turns, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
    )
    return processed


@pytest.mark.parametrize("template", [None, TEMPLATE])
@pytest.mark.parametrize("system", ["", "You watch people."])
def test_pictures_and_tokens_are_those_of_the_library_s_processor(
    adapter: InternVLAdapter,
    processor: InternVLProcessor,
    pictures: Tensor,
    system: str,
    template: str | None,
) -> None:
    """With the checkpoint's chat template, and with our own text where it has none."""
    adapter.system, adapter.tokenizer.chat_template = system, template
    theirs = process(processor, ask(1)[0], system, pictures)
    assert adapter.prompt_ids(ask(1), (1, 2, 16)) == theirs["input_ids"].tolist()
    assert torch.equal(adapter.normalize(pictures / 255), theirs["pixel_values"])


def test_a_checkpoint_s_own_template_is_used(adapter: InternVLAdapter) -> None:
    built_in = adapter.prompt_ids(ask(1), (1, 2, 16))
    adapter.tokenizer.chat_template = TEMPLATE.replace("assistant", "user")
    assert adapter.prompt_ids(ask(1), (1, 2, 16)) != built_in


def test_the_loss_is_the_library_s_own_on_what_its_processor_made(
    adapter: InternVLAdapter, processor: InternVLProcessor, pictures: Tensor
) -> None:
    theirs = process(processor, ask(1)[0], "", pictures)
    said = torch.tensor(adapter.answer_ids(["sit down"]))
    labels = torch.cat([torch.full_like(theirs["input_ids"], -100), said], dim=1)
    expected = adapter.model(
        input_ids=torch.cat([theirs["input_ids"], said], dim=1),
        pixel_values=theirs["pixel_values"],
        labels=labels,
    ).loss
    ours = adapter.losses(pictures[None] / 255, ask(1), ["sit down"])
    torch.testing.assert_close(ours[0], expected, **CLOSE)


def test_frames_are_normalized_as_the_checkpoint_says(
    adapter: InternVLAdapter, tmp_path: Path
) -> None:
    adapter.save_pretrained(tmp_path)
    own = {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.25, 0.125]}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(own))
    loaded = load_internvl(tmp_path)
    seen = loaded.normalize(torch.full((1, 1, 3, 2, 2), 0.6))
    assert seen[0, 0, :, 0, 0].tolist() == pytest.approx([1.0, 1.6, 2.4])


def test_a_saved_checkpoint_loads_to_the_same_model(
    adapter: InternVLAdapter, frames: Tensor, tmp_path: Path
) -> None:
    adapter.tokenizer.chat_template = TEMPLATE
    adapter.picture["resample"] = 3
    adapter.files["processor_config.json"] = '{"image_seq_length": 16}'
    adapter.save_pretrained(tmp_path)
    loaded = load_internvl(tmp_path, system="")
    assert not loaded.training
    assert loaded.patch == adapter.patch == 14
    assert loaded.tokenizer.chat_template == TEMPLATE
    assert loaded.picture["resample"] == 3
    assert loaded.files == adapter.files
    assert torch.equal(
        loaded.losses(frames, ask(3), LABELS), adapter.losses(frames, ask(3), LABELS)
    )


def test_the_gradient_reaches_every_parameter_of_the_renderer(adapter: InternVLAdapter) -> None:
    topologies = (KINECT_V2, KINECT_V1, SMPL_22, COCO_17)
    config = DrActionConfig(size=56, patch=14, points_per_bone=3, recurrent=True)
    renderer = DrAction(config)
    motions = [synthesize("hand waving", topology=topology) for topology in topologies]
    rendered = renderer(MotionBatch.from_motions(motions), torch.tensor([[5, 40]] * 4))
    losses = adapter.losses(rendered.frames, ask(4), ["wave"] * 4, rendered.patches)
    losses.mean().backward()
    untouched = [n for n, p in renderer.named_parameters() if p.grad is None or not p.grad.any()]
    assert untouched == []
    assert all(torch.isfinite(p.grad).all() for p in renderer.parameters() if p.grad is not None)
    assert renderer.appearance.format_thickness.grad.any(1).all()  # every skeleton's own


def test_frames_that_are_not_square_are_refused(adapter: InternVLAdapter) -> None:
    with pytest.raises(RenderError, match="frames of 56 x 42; expected squares"):
        adapter.losses(torch.zeros(1, 2, 3, 56, 42), ask(1), ["wave"])


def test_a_folder_without_a_checkpoint_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no checkpoint of InternVL\w+ \(\w+\)\. Give a folder"):
        load_internvl(tmp_path, LoadOptions())
