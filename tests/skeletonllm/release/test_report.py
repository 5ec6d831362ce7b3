from __future__ import annotations

from pathlib import Path

import pytest

from skeletonllm.release import cut_release
from tests.skeletonllm.viewer.page_reader import Page, words_of


@pytest.fixture(scope="module")
def page(pristine: Path) -> Page:
    return Page((pristine / "report.html").read_text())


def test_is_one_file_that_asks_for_nothing(page: Page) -> None:
    assert {"link", "img", "iframe"}.isdisjoint(tag for tag, _ in page.elements)
    assert not {"src", "href"} & {name for _, attrs in page.elements for name in attrs}
    assert "default-src 'none'" in page.policy
    assert "connect-src" not in page.policy


def test_shows_what_decides_trust_and_every_clip(page: Page) -> None:
    facts = dict(page.head["overview"]["facts"])
    assert facts["refused"] == "2 (15.4% of clips and refusals)"
    assert page.head["title"] == "toy 1.0.0"
    assert len(page.motions) == 11
    assert set(words_of(page.columns["corpus"])) == {"alpha", "beta"}


def test_what_replaces_a_release_says_what_changed(
    pristine: Path, stages: dict[str, object], tmp_path: Path
) -> None:
    new = cut_release(str(tmp_path), "toy", "1.0.1", code="test", parent=str(pristine), **stages)
    overview = Page((Path(new) / "report.html").read_text()).head["overview"]
    assert overview["changes"] == (Path(new) / "changes.md").read_text()
    assert any(name == "replaces" for name, _ in overview["lineage"])
