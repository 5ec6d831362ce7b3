"""Pictures of clips by DrAction, fresh or with weights of a file; torch loads when one draws."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.rejects import ClipName, Reject, isolate_clip

UNTRAINED, TRAINED = "untrained", "trained"
_FRAMES, _SIZE = 6, 112
"""Of a clip in a page that holds its pictures: some 25 kB by one renderer."""
Makers = Mapping[str, Callable[[], Any]]
"""Name -> what gives a renderer."""


def draw_pictures(renderer: Any, clip: Clip, count: int) -> list[bytes]:
    """The pictures of a clip as PNG files, evenly over its time.

    Args:
        renderer: What :func:`make_untrained` or :func:`load_trained` gave.
        clip: The clip.
        count: How many, at most one a frame.

    Raises:
        RenderError: The renderer cannot draw it.
    """
    from PIL import Image  # noqa: PLC0415

    from skeletonllm.draction.sampling import sample_frames  # noqa: PLC0415
    from skeletonllm.visualization.frames import draw_motion  # noqa: PLC0415
    from skeletonllm.visualization.sheets import to_uint8  # noqa: PLC0415

    motion = clip.motion
    frames = sample_frames(motion.num_frames, min(count, motion.num_frames))
    pictures = []
    for picture in to_uint8(draw_motion(renderer, motion, frames)):
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "PNG")
        pictures.append(file.getvalue())
    return pictures


def rate_pictures(clip: Clip, count: int) -> tuple[int, float]:
    """How many pictures a clip has, and how many of them make a second.

    Args:
        clip: The clip.
        count: How many are asked for.
    """
    have = min(count, clip.motion.num_frames)
    return have, round(have / clip.motion.duration_s, 4)


def make_untrained(size: int = 224) -> Any:
    """A DrAction that has learned nothing, with pictures of this edge."""
    from skeletonllm.visualization.frames import make_config, make_renderer  # noqa: PLC0415

    return make_renderer(make_config("body", "fit", size, 1))


def load_trained(path: str, size: int = 224) -> Any:
    """The renderer of a weights file, ours or released.

    Args:
        path: The file.
        size: Edge of its pictures.
    """
    from skeletonllm.draction.weights import load_renderer  # noqa: PLC0415
    from skeletonllm.visualization.frames import choose_engine, choose_patch  # noqa: PLC0415

    return load_renderer(path, size=size, patch=choose_patch(size), engine=choose_engine(1, size))


def name_renderers(weights: Sequence[str], size: int = 224) -> dict[str, Callable[[], Any]]:
    """An untrained renderer, and one of each weights file under the name of the file.

    Args:
        weights: The files.
        size: Edge of their pictures.
    """
    files = {Path(path).stem: partial(load_trained, path, size) for path in weights}
    return {UNTRAINED: partial(make_untrained, size), **files}


class ClassPictures:
    """Draws one clip of each class for a page that holds its pictures.

    Args:
        most: Classes, the first ones in the order of the page.
        weights: Weights files of more renderers than an untrained one.
    """

    def __init__(self, most: int, weights: Sequence[str] = ()) -> None:
        self._most = most
        self._makers = name_renderers(weights, _SIZE)
        self._renderers: dict[str, Any] = {}
        self._seen: set[tuple[str | None, str | None]] = set()

    def load(self) -> None:
        """Load the renderers now; without it, each when it first draws.

        Raises:
            WeightsError: A file holds no weights of a renderer.
        """
        for name in self._makers:
            self._load_one(name)

    def draw(self, clip: Clip) -> list[dict[str, Any]]:
        """The pictures of a clip, as the page has them; none where its class has some already.

        A renderer that cannot draw the clip is left out.
        """
        key = (clip.label_namespace, clip.label)
        if len(self._seen) >= self._most or key in self._seen:
            return []
        self._seen.add(key)
        drawn = []
        for name in self._makers:
            failed: list[Reject] = []
            with isolate_clip(ClipName(clip.clip_id, clip.source_uri), "picture", failed):
                drawn.append(self._draw_one(name, clip))
        return drawn

    def _load_one(self, name: str) -> Any:
        if name not in self._renderers:
            self._renderers[name] = self._makers[name]()
        return self._renderers[name]

    def _draw_one(self, name: str, clip: Clip) -> dict[str, Any]:
        pictures = draw_pictures(self._load_one(name), clip, _FRAMES)
        frames = [f"data:image/png;base64,{base64.b64encode(data).decode()}" for data in pictures]
        return {"name": name, "fps": rate_pictures(clip, _FRAMES)[1], "frames": frames}


def open_pictures(most: int, weights: Sequence[str] = ()) -> ClassPictures | None:
    """What draws the pictures of a page; None where none are asked for.

    Args:
        most: Classes; none are drawn of 0.
        weights: Weights files of more renderers than an untrained one.

    Raises:
        UsageError: A negative number of classes, or weights and no class to draw.
    """
    if most < 0:
        raise UsageError(f"pictures of {most} classes", expected="how many, or 0 for none")
    if not most:
        if weights:
            hint = "Say of how many classes: --pictures."
            raise UsageError("weights are given, and no pictures are drawn", hint=hint)
        return None
    return ClassPictures(most, weights)
