"""A page of motions that the Python renderer draws as well, opened in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.motion import Motion
from tests.web.conftest import Opener
from tests.web.made_data import PageData
from tests.web.made_html import make_html
from tests.web.player.made_motions import make_motions, make_player_page


@pytest.fixture(scope="session")
def motions() -> dict[str, Motion]:
    """The clips of the page, by name."""
    return make_motions()


@pytest.fixture(scope="session")
def player_data(motions: dict[str, Motion]) -> PageData:
    """What the page holds."""
    return make_player_page(motions)


@pytest.fixture
def player(chromium: Any, player_data: PageData, tmp_path: Path) -> Iterator[Opener]:
    """Opens the page; at the end nothing may have been logged or asked of a network."""
    path = tmp_path / "report.html"
    path.write_text(make_html(player_data))
    opener = Opener(chromium, path)
    yield opener
    for context in opener.contexts:
        context.close()
    assert opener.logged == []
    assert {url.partition("#")[0] for url in opener.asked} <= {path.as_uri()}
