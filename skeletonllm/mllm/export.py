"""Export of what was trained: one folder that `from_pretrained` loads, with a card.

The folder holds the model with LoRA merged, its tokenizer and processor files, the renderer's
weights, and ``README.md``, which says what was trained on what and how to load it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from skeletonllm.draction.renderer import DrAction
from skeletonllm.draction.renderers import RENDERERS, Renderer
from skeletonllm.draction.weights import save_renderer
from skeletonllm.errors import UsageError
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.mllm.lora import get_lora, merge_lora
from skeletonllm.storage.local_files import PARTIAL
from skeletonllm.version import __version__

WEIGHTS = "draction.safetensors"
"""The renderer's file; a fixed renderer has none."""

CARD = ("base_model", "license", "trained", "release", "view", "recipe", "metrics")
"""What a card must say:

- ``base_model``: name or repository of the checkpoint that training started from;
- ``license``: id on the Hugging Face Hub of the terms, those of the base model and of the clips
  both kept; ``other`` where there is none;
- ``trained``: names of the parts that were trained;
- ``release``, ``view``: on which clips, with their hashes;
- ``recipe``: numbers of the stages; ``num_frames``, ``foreground`` (whether background patches
  were left out) and ``task`` (whether the question lists the classes) are used in the code that
  the card shows;
- ``metrics``: what was measured, and on what; ``{}`` says that nothing was."""

_LISTED = (
    "from skeletonllm.prompts.recognition import build_recognition_prompt",
    'build_recognition_prompt(labels, num_frames={num_frames}, key="")',
)
_PROMPTS = {
    "naming": (
        "from skeletonllm.prompts.naming import build_naming_prompt",
        "build_naming_prompt({num_frames})",
    )
}
"""How the code asks: as the last stage did, if that was a question without a list."""

_LOAD = """\
import torch

{imports}
from skeletonllm.mllm import LoadOptions, load_adapter
from skeletonllm.motion_batch import MotionBatch
{prompts}

adapter = load_adapter(FOLDER, LoadOptions(dtype=torch.{dtype}))
adapter.system = {system}
renderer = {renderer}


def recognize(motion, labels):
    \"\"\"The likeliest of the labels; a motion is a skeletonllm.Motion.\"\"\"
    frames = torch.from_numpy(sample_frames(motion.num_frames, {num_frames}))
    with torch.no_grad():
        rendering = renderer(MotionBatch.from_motions([motion]), frames[None])
        prompt = {prompt}
        scores = adapter.score_candidates(rendering.frames, [prompt], [labels]{patches})
    return labels[int(scores[0].argmax())]
"""

_PLAIN = """\
from transformers import {auto_class}, AutoTokenizer

model = {auto_class}.from_pretrained(FOLDER)
tokenizer = AutoTokenizer.from_pretrained(FOLDER)
"""


def export_model(
    adapter: Adapter, renderer: Renderer, folder: Path, card: Mapping[str, Any]
) -> None:
    """Write model, tokenizer, renderer and card into a new folder, all of it or nothing.

    Args:
        adapter: LoRA that it has is merged into it for good; see
            :func:`skeletonllm.mllm.lora.merge_lora`.
        renderer: What drew the pictures that it was trained on.
        folder: Folder to make; it does not exist, or is empty.
        card: What the README says: all of :data:`CARD`, and whatever else should stand there.

    Raises:
        UsageError: The folder holds something, or the card lacks an entry.

    Example:
        >>> export_model(adapter, renderer, Path("out"), card)  # doctest: +SKIP
    """
    folder = folder.resolve()
    _check(folder, card)
    text = make_model_card(adapter, renderer, card)
    if get_lora(adapter) is not None:
        merge_lora(adapter)
    partial = folder.with_name(f".{folder.name}{PARTIAL}export")
    shutil.rmtree(partial, ignore_errors=True)  # of an export that was killed
    partial.mkdir(parents=True)
    try:
        adapter.save_pretrained(partial)
        if isinstance(renderer, DrAction):
            save_renderer(renderer, partial / WEIGHTS)
        (partial / "README.md").write_text(text)
        partial.replace(folder)  # takes the place of an empty folder, too
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def make_model_card(adapter: Adapter, renderer: Renderer, card: Mapping[str, Any]) -> str:
    """The model card as Markdown: front matter for the Hub, then what, from what, and how.

    Args:
        adapter: The model.
        renderer: What drew for it.
        card: All of :data:`CARD`; other entries get a section of their own.
    """
    head = {
        "base_model": card["base_model"],
        "license": card["license"],
        "library_name": "transformers",
        "pipeline_tag": "image-text-to-text",
        "tags": ["skeleton", "human-motion", "action-recognition", "skeletonllm"],
    }
    more = {name: card[name] for name in sorted(set(card) - set(CARD))}
    about = {
        "Trained on": {"release": card["release"], "view": card["view"]},
        "Recipe": card["recipe"],
        "Metrics": card["metrics"] or "Nothing was measured.",
        **{name.replace("_", " ").capitalize(): value for name, value in more.items()},
    }
    trained = ", ".join(card["trained"])
    sections = [
        f"---\n{yaml.safe_dump(head, sort_keys=False)}---",
        f"# {card['base_model']} that reads skeletons",
        f"Trained by SkeletonLLM {__version__}: {trained}. The other parts of the model are as "
        "in the base model. It sees motions as pictures that a renderer draws. LoRA that was "
        "trained is merged.",
        *(f"## {title}\n\n{_list(value)}" for title, value in about.items()),
        "## Loading it\n\nWith SkeletonLLM, `FOLDER` being this folder:",
        f"```python\n{_loading_code(adapter, renderer, card['recipe'])}```",
        "The model alone, with plain `transformers`:",
        f"```python\n{_PLAIN.format(auto_class=adapter.auto_class)}```",
    ]
    return "\n\n".join(sections) + "\n"


def _check(folder: Path, card: Mapping[str, Any]) -> None:
    missing = [name for name in CARD if name not in card]
    if missing:
        raise UsageError(
            f"a card without {', '.join(missing)}", expected=f"all of {', '.join(CARD)}"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            "there is something already", where=str(folder), hint="Choose a new folder."
        )


def _loading_code(adapter: Adapter, renderer: Renderer, recipe: Mapping[str, Any]) -> str:
    if isinstance(renderer, DrAction):
        imports = "from skeletonllm.draction import load_renderer, sample_frames"
        made = f'load_renderer(f"{{FOLDER}}/{WEIGHTS}")'
    else:
        imports = (
            "from skeletonllm.draction import DrActionConfig, sample_frames\n"
            "from skeletonllm.draction.renderers import get_renderer"
        )
        changed = ", ".join(f"{k}={v!r}" for k, v in _changes(renderer).items())
        made = f"get_renderer({_name(renderer)!r}, DrActionConfig({changed}))"
    num_frames = int(recipe.get("num_frames", 12))
    prompts, prompt = _PROMPTS.get(recipe.get("task", ""), _LISTED)
    return _LOAD.format(
        imports=imports,
        prompts=prompts,
        prompt=prompt.format(num_frames=num_frames),
        dtype=str(_frozen_dtype(adapter)).removeprefix("torch."),
        system=json.dumps(getattr(adapter, "system", "")),
        renderer=made,
        num_frames=num_frames,
        patches=", rendering.patches" if recipe.get("foreground") else "",
    )


def _frozen_dtype(adapter: Adapter) -> Any:
    """That of the language model: what was trained is float32, whatever the model is."""
    return next(adapter.parts()["language_model"].parameters()).dtype


def _name(renderer: Renderer) -> str:
    return next(name for name, kind in RENDERERS.items() if type(renderer) is kind)


def _changes(renderer: Renderer) -> dict[str, Any]:
    """Fields of its configuration that are not the usual ones."""
    usual = asdict(type(renderer.config)())
    return {k: v for k, v in asdict(renderer.config).items() if v != usual[k]}


def _list(value: Any) -> str:
    """A Markdown list of a mapping, of any depth, without what is unset; other values as text."""
    if not isinstance(value, Mapping):
        return _text(value)
    return "\n".join(f"- {name}: {_text(leaf)}" for name, leaf in _leaves(value))


def _leaves(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{before}{name} / ")
        elif value is not None and value not in ((), [], {}, ""):
            yield f"{before}{name}", value


def _text(value: Any) -> str:
    shown = value if isinstance(value, str) else json.dumps(value)
    return " ".join(shown.replace("<", "&lt;").split())  # a name cannot write HTML into the page
