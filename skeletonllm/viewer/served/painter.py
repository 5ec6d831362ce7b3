"""Pictures of clips by renderers, drawn when somebody looks: fresh ones, and those of files."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.viewer.drawing import draw_pictures, rate_pictures

FRAMES, SIZE = 12, 224
"""Pictures of a clip, as many as a model is shown of it; pixels of an edge."""
_HELD = 200
"""Clips by a renderer whose pictures are kept, a quarter of a megabyte each."""


class RendererPainter:
    """Draws with renderers by name; each is loaded when it is first asked for.

    Args:
        makers: Name -> what gives the renderer.
    """

    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        self._makers = dict(makers)
        self._renderers: dict[str, Any] = {}
        self._drawn: OrderedDict[tuple[int, str], list[bytes]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """Of the renderers."""
        return tuple(self._makers)

    def load(self) -> None:
        """Load all renderers now.

        Raises:
            WeightsError: A file holds no weights of a renderer.
        """
        for name in self._makers:
            self._load_one(name)

    def list_pictures(self, row: int, clip: Clip) -> list[dict[str, Any]]:
        """Name, frames a second and addresses of the frames, of each renderer.

        Args:
            row: Of the clip.
            clip: The clip.
        """
        count, rate = rate_pictures(clip, FRAMES)
        return [
            {"name": name, "fps": rate, "frames": [_address(row, name, i) for i in range(count)]}
            for name in self._makers
        ]

    def draw(self, row: int, clip: Clip, name: str, frame: int) -> bytes:
        """One frame as PNG; all of the clip are drawn at once and kept.

        Args:
            row: Of the clip.
            clip: The clip.
            name: Of the renderer.
            frame: Which of the pictures.

        Raises:
            UsageError: There is no such frame.
            RenderError: The renderer cannot draw the clip.
        """
        with self._lock:
            if (row, name) not in self._drawn:
                self._drawn[row, name] = self._draw_all(clip, name)
                if len(self._drawn) > _HELD:
                    self._drawn.popitem(last=False)
            pictures = self._drawn[row, name]
        if frame >= len(pictures):
            raise UsageError(f"frame {frame}", expected=f"below {len(pictures)}")
        return pictures[frame]

    def _load_one(self, name: str) -> Any:
        if name not in self._renderers:
            self._renderers[name] = self._makers[name]()
        return self._renderers[name]

    def _draw_all(self, clip: Clip, name: str) -> list[bytes]:
        return draw_pictures(self._load_one(name), clip, FRAMES)


def _address(row: int, name: str, frame: int) -> str:
    return "/api/picture?" + urlencode({"row": row, "renderer": name, "frame": frame})
