"""Pictures of clips by renderers, drawn when somebody looks: fresh ones, and those of files."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError

FRAMES = 12
"""Pictures of a clip: what a model is shown of it."""
SIZE = 224
_HELD = 200
"""Clips by a renderer whose pictures are kept, a quarter of a megabyte each."""
UNTRAINED, TRAINED = "untrained", "trained"


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

    def list_pictures(self, row: int, clip: Clip) -> list[dict[str, Any]]:
        """Name, frames a second and addresses of the frames, of each renderer.

        Args:
            row: Of the clip.
            clip: The clip.
        """
        count = min(FRAMES, clip.motion.num_frames)
        rate = round(count / clip.motion.duration_s, 4)
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

    def _draw_all(self, clip: Clip, name: str) -> list[bytes]:
        if name not in self._renderers:
            self._renderers[name] = self._makers[name]()
        return draw_pictures(self._renderers[name], clip)


def draw_pictures(renderer: Any, clip: Clip) -> list[bytes]:
    """The pictures of a clip as PNG files, evenly over its time.

    Args:
        renderer: What :func:`make_untrained` or :func:`load_trained` gave.
        clip: The clip.

    Raises:
        RenderError: The renderer cannot draw it.
    """
    # torch takes seconds to load, and most who look ask for no picture
    from PIL import Image  # noqa: PLC0415

    from skeletonllm.draction.sampling import sample_frames  # noqa: PLC0415
    from skeletonllm.visualization.frames import draw_motion  # noqa: PLC0415
    from skeletonllm.visualization.sheets import to_uint8  # noqa: PLC0415

    motion = clip.motion
    frames = sample_frames(motion.num_frames, min(FRAMES, motion.num_frames))
    pictures = []
    for picture in to_uint8(draw_motion(renderer, motion, frames)):
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "PNG", optimize=False)
        pictures.append(file.getvalue())
    return pictures


def make_untrained() -> Any:
    """A DrAction that has learned nothing."""
    from skeletonllm.visualization.frames import make_config, make_renderer  # noqa: PLC0415

    return make_renderer(make_config("body", "fit", SIZE, FRAMES))


def load_trained(path: str) -> Any:
    """The renderer of a weights file, ours or released."""
    from skeletonllm.draction.weights import load_renderer  # noqa: PLC0415
    from skeletonllm.visualization.frames import choose_engine, choose_patch  # noqa: PLC0415

    engine = choose_engine(FRAMES, SIZE)
    return load_renderer(path, size=SIZE, patch=choose_patch(SIZE), engine=engine)


def _address(row: int, name: str, frame: int) -> str:
    return "/api/picture?" + urlencode({"row": row, "renderer": name, "frame": frame})
