"""Where and how the player draws joints, with WebGL and without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from skeletonllm.motion import Motion
from tests.web.conftest import Opener
from tests.web.made_data import clip_id
from tests.web.made_html import make_html
from tests.web.player.made_motions import UNSEEN, make_player_page
from tests.web.player.probe import (
    NEAR_PX,
    ask,
    find_ink,
    find_places,
    open_clip,
    share_hit,
    take_picture,
    touch,
    wait_for,
)
from tests.web.player.projection import project_joints

RENDERERS = {"webgl": "", "canvas": "&renderer=2d"}


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("row", range(4))
def test_front_view_joints_are_where_the_python_renderer_sees_them(
    player: Opener, motions: dict[str, Motion], row: int, renderer: str
) -> None:
    motion = list(motions.values())[row]
    page = open_clip(player, row, f"&t=0.5{RENDERERS[renderer]}")
    page.keyboard.press("1")
    probe = ask(page)
    assert probe["renderer"] == renderer
    frame = probe["frame"]
    assert frame == round(probe["time"] * motion.fps) == 5

    drawn, seen = find_places(page, motion), motion.observed[frame]
    expected = project_joints(motion, probe)[frame]
    assert seen.sum() > 10
    assert np.abs(drawn - expected)[seen].max() < NEAR_PX
    everywhere = project_joints(motion, probe)[motion.observed]
    assert ((everywhere > 0) & (everywhere < probe["size"])).all(), "all frames fit"

    inked = find_ink(take_picture(page))
    places = expected[seen]
    elsewhere = places + np.array([60, -45])
    inside = (elsewhere > 3).all(1) & (elsewhere < np.array(probe["size"]) - 3).all(1)
    assert share_hit(inked, places) == 1
    assert share_hit(inked, elsewhere[inside]) < 0.5


def test_the_right_hand_of_a_person_who_faces_us_is_on_the_left(
    player: Opener, motions: dict[str, Motion]
) -> None:
    motion = motions["camera"]
    page = open_clip(player, 0)
    page.keyboard.press("1")
    places = find_places(page, motion)[0]
    left, right = (motion.topology.joints.index(f"{side}_hip") for side in ("left", "right"))
    assert places[right][0] < places[left][0] - 5


@pytest.mark.parametrize("renderer", RENDERERS)
def test_left_bones_have_gaps_and_right_ones_none(
    player: Opener, motions: dict[str, Motion], renderer: str
) -> None:
    motion = motions["camera"]
    page = open_clip(player, 0, f"&t=0{RENDERERS[renderer]}", reduced_motion="reduce")
    page.keyboard.press("1")
    places = find_places(page, motion)[0]
    inked = find_ink(take_picture(page))
    gaps = {side: _share_of_gaps(inked, places, motion, side) for side in ("left", "right")}
    assert gaps["left"] > 0.15
    assert gaps["right"] < 0.05, "no more than the thin rims of joints"


def _share_of_gaps(
    inked: NDArray[np.bool_], places: NDArray[np.float64], motion: Motion, side: str
) -> float:
    """Share of the way from hip to knee that is not drawn."""
    hip, knee = (motion.topology.joints.index(f"{side}_{name}") for name in ("hip", "knee"))
    way = np.linspace(places[hip], places[knee], 200).round().astype(int)
    return float(1 - inked[way[:, 1], way[:, 0]].mean())


@pytest.mark.parametrize("renderer", RENDERERS)
def test_an_unobserved_joint_is_hollow(
    player: Opener, motions: dict[str, Motion], renderer: str
) -> None:
    motion = motions["gap"]
    joint = motion.topology.joints.index(UNSEEN)
    page = open_clip(player, 4, f"&t=0.3{RENDERERS[renderer]}")
    page.keyboard.press("1")
    shades = []
    for _ in range(2):
        u, v = find_places(page, motion)[0, joint].round().astype(int)
        shades.append(bool(find_ink(take_picture(page))[v, u]))
        page.keyboard.press("Control+ArrowRight")
    assert motion.confidence[3, 0, joint] > 0 == motion.confidence[13, 0, joint]
    assert shades == [True, False]


def test_one_turns_zooms_and_names_joints_by_keys_and_pointer(
    player: Opener, motions: dict[str, Motion]
) -> None:
    motion = motions["camera"]
    page = open_clip(player, 0)
    page.keyboard.press("1")
    front = find_places(page, motion)
    canvas = page.locator(".pl-canvas")
    canvas.focus()
    page.keyboard.press("Shift+ArrowLeft")
    assert np.abs(find_places(page, motion) - front).max() > 3
    assert ask(page)["frame"] == 3
    page.keyboard.press("1")
    page.keyboard.press("+")
    assert np.ptp(find_places(page, motion)[0, :, 1]) > 1.1 * np.ptp(front[0, :, 1])
    page.keyboard.press("1")
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 130, box["y"] + 40, steps=4)
    page.mouse.up()
    assert np.abs(find_places(page, motion) - front).max() > 10
    page.keyboard.press("1")
    joint = motion.topology.joints.index("right_ankle")
    u, v = find_places(page, motion)[0, joint]
    page.mouse.move(box["x"] + u, box["y"] + v)
    assert "right" in page.locator(".pl-joint").inner_text()
    canvas.focus()
    page.keyboard.press("n")
    assert page.locator(".pl-told").inner_text() != ""


def test_a_lost_graphics_processor_is_replaced(player: Opener, motions: dict[str, Motion]) -> None:
    page = open_clip(player, 0)
    assert ask(page)["renderer"] == "webgl"
    page.evaluate(
        "document.querySelector('.pl-canvas').getContext('webgl2')"
        ".getExtension('WEBGL_lose_context').loseContext()"
    )
    wait_for(page, "window.__skeleton && window.__skeleton.renderer === 'canvas'")
    page.keyboard.press("1")
    places = find_places(page, motions["camera"])[0]
    assert share_hit(find_ink(take_picture(page)), places) == 1


def test_one_finger_turns_and_two_zoom(player: Opener, motions: dict[str, Motion]) -> None:
    motion = motions["camera"]
    page = open_clip(player, 0, viewport={"width": 390, "height": 844}, has_touch=True)
    across, down = np.array([30, 0]), np.array([0, 30])
    page.get_by_role("button", name="Front").click()
    front = find_places(page, motion)[0]
    middle = _middle_of_canvas(page)
    touch(page, [[middle], [middle + across], [middle + 3 * across]])
    assert np.abs(find_places(page, motion)[0] - front).max() > 10
    page.get_by_role("button", name="Front").click()
    middle = _middle_of_canvas(page)
    touch(page, [[middle - far * down, middle + far * down] for far in (1, 2, 3)])
    assert np.ptp(find_places(page, motion)[0, :, 1]) > 1.3 * np.ptp(front[:, 1])


def _middle_of_canvas(page: Any) -> NDArray[np.float64]:
    """In CSS pixels of the window, after the page has scrolled there."""
    canvas = page.locator(".pl-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    return np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])


def test_a_browser_without_webgl_draws_as_well(player: Opener, motions: dict[str, Motion]) -> None:
    page = player()
    page.add_init_script(
        "const get = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
        "  return kind.startsWith('webgl') ? null : get.call(this, kind, ...rest);"
        "};"
    )
    page.goto("about:blank")
    page.goto(f"{player.place.as_uri()}#clip={clip_id(0)}&debug=1&t=0.3")
    wait_for(page, "window.__skeleton && window.__skeleton.project(0, 0)")
    page.keyboard.press("1")
    assert ask(page)["renderer"] == "canvas"
    places = find_places(page, motions["camera"])[0]
    assert share_hit(find_ink(take_picture(page)), places) == 1
    player.asked = [url for url in player.asked if url != "about:blank"]


@pytest.mark.parametrize("renderer", RENDERERS)
def test_who_walks_far_is_followed_and_large_all_the_way(
    chromium: Any, motions: dict[str, Motion], tmp_path: Path, renderer: str
) -> None:
    still = motions["camera"]
    way = np.zeros_like(still.joints)
    way[..., 0] = np.linspace(0, 15, still.num_frames, dtype=np.float32)[:, None, None]
    walk = replace(still, joints=still.joints + way)
    path = tmp_path / "walk.html"
    path.write_text(make_html(make_player_page({"walk": walk})))
    opener = Opener(chromium, path)
    page = open_clip(opener, 0, f"&t=0.1{RENDERERS[renderer]}")
    page.locator(".pl-canvas").focus()
    for key in ("Home", "End"):
        page.keyboard.press(key)
        page.keyboard.press("1")
        page.wait_for_timeout(100)
        places, (width, height) = find_places(page, walk)[0], ask(page)["size"]
        low, high = np.nanmin(places, axis=0), np.nanmax(places, axis=0)
        assert (low > 0).all()
        assert (high < (width, height)).all()
        assert high[1] - low[1] > 0.45 * height
    opener.contexts[0].close()
    assert opener.logged == []
