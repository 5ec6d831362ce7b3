from __future__ import annotations

from pathlib import Path

import pytest
import torch

from skeletonllm.defaults import TINY
from skeletonllm.errors import UsageError
from skeletonllm.mllm import (
    FAMILIES,
    InternVLAdapter,
    LoadOptions,
    get_family,
    load_adapter,
)
from skeletonllm.mllm.registry import Family

REPO = Path(__file__).resolve().parents[3]


def test_a_checkpoint_says_itself_of_which_family_it_is(
    adapter: InternVLAdapter, tmp_path: Path
) -> None:
    adapter.save_pretrained(tmp_path)
    assert get_family(str(tmp_path)) is FAMILIES["internvl"]
    loaded = load_adapter(str(tmp_path), LoadOptions(dtype=torch.bfloat16))
    assert loaded.parts().keys() == adapter.parts().keys()
    assert next(loaded.parameters()).dtype == torch.bfloat16
    (tmp_path / "config.json").write_text('{"model_type": "chess"}')
    with pytest.raises(UsageError, match="of model_type 'chess'; expected one of internvl"):
        load_adapter(str(tmp_path), LoadOptions())


def test_the_tiny_model_goes_by_its_name() -> None:
    small, wide = (load_adapter(TINY, LoadOptions(size=s, texts=("wave",))) for s in (56, 84))
    assert (small.model.config.image_seq_length, wide.model.config.image_seq_length) == (16, 36)


def test_where_there_is_no_checkpoint_the_hint_says_what_to_give(tmp_path: Path) -> None:
    for source in ("/no/such/model", str(tmp_path)):
        says = f"{source}: no model.*. Give tiny, small, small_random, or a folder"
        with pytest.raises(UsageError, match=says):
            get_family(source)


def test_a_new_family_is_a_file_and_a_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "chess_family.py").write_text(
        "def load_family(source, options):\n    return source, options.size\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(FAMILIES, "chess", Family("chess", "chess_family:load_family"))
    (tmp_path / "config.json").write_text('{"model_type": "chess"}')
    assert load_adapter(str(tmp_path), LoadOptions(size=8)) == (str(tmp_path), 8)


def test_pipelines_and_jobs_name_no_family() -> None:
    files = [path for floor in ("pipelines", "jobs") for path in (REPO / floor).glob("*.py")]
    assert files
    names = [f"mllm.{family}" for family in FAMILIES] + ["InternVLAdapter", "internvl("]
    naming = {p.name for p in files if any(name in p.read_text() for name in names)}
    assert naming == set()
