from __future__ import annotations

from pathlib import Path

import pytest

from skeletonllm.corpora import list_sources
from skeletonllm.corpora.formats.foreign import EXPORT, advise, advise_on
from skeletonllm.errors import UsageError


@pytest.mark.parametrize("ending", sorted(EXPORT))
def test_every_advice_is_whole_sentences_and_is_found_by_its_ending(ending: str) -> None:
    advice = advise(f"some folder/Take 1.v2{ending.upper()}")
    assert advice == EXPORT[ending]
    assert advice[0].isupper()
    assert advice.endswith(".")


def test_what_nothing_is_known_of_gets_no_advice() -> None:
    assert [advise(name) for name in ("a.bvh", "noending", "", "a.fbx.d/b")] == [""] * 4
    assert advise_on([]) == ""


@pytest.mark.parametrize(
    ("name", "word"),
    [("walk.fbx", "Blender"), ("all.tar.gz", "Unpack"), ("all.7z", "Unpack"), ("a.zip", "ZIP")],
)
def test_a_folder_or_file_of_foreign_files_is_refused_with_their_advice(
    tmp_path: Path, name: str, word: str
) -> None:
    (tmp_path / name).write_bytes(b"x")
    for root in (tmp_path, *([tmp_path / name] if not name.endswith(".zip") else [])):
        with pytest.raises(UsageError, match=rf"no \.bvh file\. {name}: .*{word}"):
            list_sources(str(root), ".bvh")
