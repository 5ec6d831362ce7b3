"""What tests ask of a player in a page, and see in its picture."""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from skeletonllm.motion import Motion
from tests.web.conftest import Opener
from tests.web.made_data import clip_id

NEAR_PX = 2.0
PATIENCE_S = 20
_PROBE = """() => {
  const { frame, time, playing, renderer, held, fill, size, beside } = window.__skeleton;
  const second = beside && { time: beside.time, frame: beside.frame };
  return { frame, time, playing, renderer, held, fill, size, beside: second };
}"""


def wait_for(page: Any, expression: str) -> None:
    """Until it holds. The page's policy forbids the evaluation that Playwright's own wait needs.

    Args:
        page: It is asked again and again.
        expression: JavaScript.
    """
    end = time.monotonic() + PATIENCE_S
    while not page.evaluate(f"Boolean({expression})"):
        assert time.monotonic() < end, f"never held: {expression}"
        page.wait_for_timeout(20)


def open_clip(player: Opener, row: int, more: str = "&t=0.3", **options: Any) -> Any:
    """The page of a clip, once it is drawn.

    Args:
        player: Opens it.
        row: Of the clip.
        more: Of the fragment.
        options: Of the browser's context.
    """
    page = player(f"#clip={clip_id(row)}&debug=1{more}", **options)
    wait_for(page, "window.__skeleton && window.__skeleton.project(0, 0)")
    return page


def ask(page: Any) -> dict[str, Any]:
    """What the player says of itself, see ``web/src/player/debug.ts``."""
    return dict(page.evaluate(_PROBE))


def find_places(page: Any, motion: Motion) -> NDArray[np.float64]:
    """Where the page says that it draws joints, [P, J, 2]; NaN for those it does not draw.

    Args:
        page: Asked.
        motion: What it shows.
    """
    places = page.evaluate(
        "([persons, joints]) => [...Array(persons).keys()].map((person) => "
        "[...Array(joints).keys()].map((j) => window.__skeleton.project(person, j) ?? [NaN, NaN]))",
        [motion.num_persons, motion.num_joints],
    )
    return np.asarray(places, dtype=np.float64)


def take_picture(page: Any) -> NDArray[np.int64]:
    """Pixels [H, W, 3] of the first canvas alone, without names and edges above it."""
    shown = page.locator(".pl-canvas").first.screenshot()
    return np.asarray(Image.open(io.BytesIO(shown)).convert("RGB")).astype(np.int64)


def find_ink(picture: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Pixels that are far from the ground, as bones and joints are and the floor is not."""
    ground = np.median(picture.reshape(-1, 3), axis=0)
    return np.asarray(np.abs(picture - ground).sum(-1) > 180)


def share_hit(inked: NDArray[np.bool_], places: NDArray[np.float64]) -> float:
    """Share of places with a drawn pixel within two pixels.

    Args:
        inked: Pixels [H, W].
        places: [N, 2], x and y.
    """
    reach = int(NEAR_PX)
    found = []
    for u, v in places.round().astype(int):
        box = inked[max(0, v - reach) : v + reach + 1, max(0, u - reach) : u + reach + 1]
        found.append(bool(box.any()))
    return float(np.mean(found))


def touch(page: Any, moments: list[list[NDArray[np.float64]]]) -> None:
    """Fingers that come down, move and go.

    Args:
        page: Touched.
        moments: Where each finger is, in CSS pixels of the window; the same fingers each time.
    """
    session = page.context.new_cdp_session(page)
    for at, fingers in enumerate(moments):
        points = [{"x": float(x), "y": float(y), "id": i} for i, (x, y) in enumerate(fingers)]
        kind = "touchMove" if at else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
