from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch

from skeletonllm.mllm import fingerprint, tiny_internvl

LABELS = ("wave", "sit down")
PRINT = """
from skeletonllm.mllm import fingerprint, tiny_internvl
adapter = tiny_internvl(("wave", "sit down"))
print(fingerprint(adapter, ()), sorted(adapter.tokenizer.get_vocab().items()))
"""


def test_it_is_tiny_and_of_the_real_class() -> None:
    adapter = tiny_internvl(LABELS)
    assert type(adapter.model).__name__ == "InternVLForConditionalGeneration"
    assert 150_000 < sum(p.numel() for p in adapter.model.parameters()) < 300_000


def test_weights_and_words_depend_on_the_arguments_alone() -> None:
    repo = Path(__file__).resolve().parents[4]
    elsewhere = subprocess.run(
        [sys.executable, "-c", PRINT],
        cwd=repo,
        env={"PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(repo)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    here = tiny_internvl(reversed(LABELS))
    assert elsewhere == f"{fingerprint(here, ())} {sorted(here.tokenizer.get_vocab().items())}\n"
    assert fingerprint(tiny_internvl(LABELS, seed=1), ()) != fingerprint(here, ())


def test_words_of_the_texts_are_single_tokens_and_others_are_spelled() -> None:
    tokenizer = tiny_internvl(LABELS).tokenizer
    assert len(tokenizer("sit down")["input_ids"]) == 2
    strange = "Zwölf Boxkämpfer\n"
    assert tokenizer.decode(tokenizer(strange)["input_ids"]) == strange


def test_each_layer_keeps_the_scale_of_its_input() -> None:
    """What the library's std of 0.02 would not do at this width."""
    adapter = tiny_internvl(LABELS)
    pictures = torch.rand(2, 3, 3, 56, 56, generator=torch.Generator().manual_seed(0))
    spread = adapter.see(pictures).tokens.std()
    assert 0.1 < spread < 10
    logits = adapter.model.lm_head(torch.randn(8, 64, generator=torch.Generator().manual_seed(0)))
    assert 2 < logits.std() < 8
