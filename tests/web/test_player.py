"""The player of one clip, in Chromium: where joints are drawn, time, steps, negatives, fallback."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from skeletonllm.motion import Motion
from skeletonllm.viewer.blocks import deflate, join_motions
from skeletonllm.viewer.pack import pack_motion
from tests.web.conftest import Opener
from tests.web.made_data import PageData, clip_id
from tests.web.made_html import make_html
from tests.web.made_motions import STEPS, UNSEEN, make_motions, make_player_page
from tests.web.projection import project_joints

RENDERERS = {"webgl": "", "canvas": "&renderer=2d"}
NEAR_PX = 2.0
PATIENCE_S = 20
_PROBE = """() => {
  const { frame, time, playing, renderer, held, fill, size, beside } = window.__skeleton;
  const second = beside && { time: beside.time, frame: beside.frame };
  return { frame, time, playing, renderer, held, fill, size, beside: second };
}"""


@pytest.fixture(scope="module")
def motions() -> dict[str, Motion]:
    """The clips of the page, by name."""
    return make_motions()


@pytest.fixture(scope="module")
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


def _wait(page: Any, expression: str) -> None:
    """Until it holds. The page's policy forbids the evaluation that Playwright's own wait needs."""
    end = time.monotonic() + PATIENCE_S
    while not page.evaluate(f"Boolean({expression})"):
        assert time.monotonic() < end, f"never held: {expression}"
        page.wait_for_timeout(20)


def _open(player: Opener, row: int, more: str = "&t=0.3", **options: Any) -> Any:
    page = player(f"#clip={clip_id(row)}&debug=1{more}", **options)
    _wait(page, "window.__skeleton && window.__skeleton.project(0, 0)")
    return page


def _probe(page: Any) -> dict[str, Any]:
    return dict(page.evaluate(_PROBE))


def _places(page: Any, motion: Motion) -> NDArray[np.float64]:
    """Where the page says that it draws joints, [P, J, 2]; NaN for those it does not draw."""
    places = page.evaluate(
        "([persons, joints]) => [...Array(persons).keys()].map((person) => "
        "[...Array(joints).keys()].map((j) => window.__skeleton.project(person, j) ?? [NaN, NaN]))",
        [motion.num_persons, motion.num_joints],
    )
    return np.asarray(places, dtype=np.float64)


def _picture(page: Any) -> NDArray[np.int64]:
    """Pixels [H, W, 3] of the first canvas alone, without names and edges above it."""
    shown = page.locator(".pl-canvas").first.screenshot()
    return np.asarray(Image.open(io.BytesIO(shown)).convert("RGB")).astype(np.int64)


def _is_inked(picture: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Pixels that are far from the ground, as bones and joints are and the floor is not."""
    ground = np.median(picture.reshape(-1, 3), axis=0)
    return np.asarray(np.abs(picture - ground).sum(-1) > 180)


def _hits(inked: NDArray[np.bool_], places: NDArray[np.float64]) -> float:
    """Share of places with a drawn pixel within two pixels."""
    reach = int(NEAR_PX)
    found = []
    for u, v in places.round().astype(int):
        box = inked[max(0, v - reach) : v + reach + 1, max(0, u - reach) : u + reach + 1]
        found.append(bool(box.any()))
    return float(np.mean(found))


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("row", range(4))
def test_front_view_joints_are_where_the_python_renderer_sees_them(
    player: Opener, motions: dict[str, Motion], row: int, renderer: str
) -> None:
    motion = list(motions.values())[row]
    page = _open(player, row, f"&t=0.5{RENDERERS[renderer]}")
    page.keyboard.press("1")
    probe = _probe(page)
    assert probe["renderer"] == renderer
    frame = probe["frame"]
    assert frame == round(probe["time"] * motion.fps) == 5

    drawn, seen = _places(page, motion), motion.observed[frame]
    expected = project_joints(motion, probe)[frame]
    assert seen.sum() > 10
    assert np.abs(drawn - expected)[seen].max() < NEAR_PX

    inked = _is_inked(_picture(page))
    places = expected[seen]
    elsewhere = places + np.array([60, -45])
    inside = (elsewhere > 3).all(1) & (elsewhere < np.array(probe["size"]) - 3).all(1)
    assert _hits(inked, places) == 1
    assert _hits(inked, elsewhere[inside]) < 0.5


def test_the_right_hand_of_a_person_who_faces_us_is_on_the_left(
    player: Opener, motions: dict[str, Motion]
) -> None:
    motion = motions["camera"]
    page = _open(player, 0)
    page.keyboard.press("1")
    places = _places(page, motion)[0]
    left, right = (motion.topology.joints.index(f"{side}_hip") for side in ("left", "right"))
    assert places[right][0] < places[left][0] - 5


@pytest.mark.parametrize("renderer", RENDERERS)
def test_left_bones_have_gaps_and_right_ones_none(
    player: Opener, motions: dict[str, Motion], renderer: str
) -> None:
    motion = motions["camera"]
    page = _open(player, 0, f"&t=0{RENDERERS[renderer]}", reduced_motion="reduce")
    page.keyboard.press("1")
    places = _places(page, motion)[0]
    inked = _is_inked(_picture(page))
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
    page = _open(player, 4, f"&t=0.3{RENDERERS[renderer]}")
    page.keyboard.press("1")
    shades = []
    for _ in range(2):
        u, v = _places(page, motion)[0, joint].round().astype(int)
        shades.append(bool(_is_inked(_picture(page))[v, u]))
        page.keyboard.press("Control+ArrowRight")
    assert motion.confidence[3, 0, joint] > 0 == motion.confidence[13, 0, joint]
    assert shades == [True, False]


def test_play_moves_time_and_pause_holds_it(player: Opener) -> None:
    page = _open(player, 0)
    before = _probe(page)
    assert not before["playing"], "a link to a time shows that time"
    page.keyboard.press("Space")
    _wait(page, f"window.__skeleton.time > {before['time']} + 0.3")
    page.get_by_role("button", name="Pause").click()
    held = _probe(page)
    page.wait_for_timeout(300)
    after = _probe(page)
    assert not after["playing"]
    assert after["time"] == held["time"]


def test_a_clip_plays_by_itself_unless_less_motion_is_preferred(player: Opener) -> None:
    page = _open(player, 0, "")
    _wait(page, "window.__skeleton.playing && window.__skeleton.time > 0.2")
    still = _open(player, 0, "", reduced_motion="reduce")
    assert _probe(still)["playing"] is False
    assert _probe(still)["time"] == 0


def test_keys_step_scrub_loop_and_change_the_speed(
    player: Opener, motions: dict[str, Motion]
) -> None:
    page = _open(player, 0)
    last = motions["camera"].num_frames - 1
    frames = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Control+ArrowRight"):
        page.keyboard.press(key)
        frames.append(_probe(page)["frame"])
    assert frames == [4, 5, 4, 14]
    page.locator(".pl-canvas").focus()
    page.keyboard.press("End")
    assert _probe(page)["frame"] == last
    page.keyboard.press("Home")
    assert _probe(page)["time"] == 0
    page.keyboard.press("]")
    assert page.get_by_label("Speed").input_value() == "1.5"
    page.keyboard.press("[")
    page.keyboard.press("[")
    assert page.get_by_label("Speed").input_value() == "0.75"
    page.keyboard.press("l")
    assert page.get_by_role("button", name="Loop").get_attribute("aria-pressed") == "false"
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    _wait(page, "!window.__skeleton.playing")
    assert _probe(page)["frame"] == last
    slider = page.get_by_role("slider", name="Time")
    slider.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert _probe(page)["frame"] == 1
    assert slider.get_attribute("aria-valuetext").startswith("0.10 seconds of")


def test_a_step_jumps_to_its_time_lights_up_and_says_why(player: Opener) -> None:
    page = _open(player, 0)
    steps = page.locator(".pl-step")
    assert steps.count() == len(STEPS)
    for at, (text, start, _, verdict, measured, _) in enumerate(STEPS):
        step = steps.nth(at)
        step.get_by_role("button").focus()
        page.keyboard.press("Enter")
        assert _probe(page)["time"] == pytest.approx(start)
        _wait(page, f"document.querySelectorAll('.pl-step')[{at}].ariaCurrent")
        lit = [steps.nth(i).get_attribute("aria-current") for i in range(len(STEPS))]
        assert lit == ["step" if i == at else None for i in range(len(STEPS))]
        said = step.inner_text()
        assert all(word in said for word in (text, verdict, measured))
    assert "Why: the left hand sank" in steps.nth(1).inner_text()


def test_steps_light_up_as_time_passes(player: Opener) -> None:
    page = _open(player, 0, "&t=0.01")
    lit = "document.querySelector('.pl-step[aria-current]')?.textContent.includes('{}')"
    page.keyboard.press("Space")
    for text, *_ in STEPS:
        _wait(page, lit.format(text))


def test_several_rationales_are_tabs(player: Opener) -> None:
    page = _open(player, 0)
    tabs = page.get_by_role("tab")
    assert tabs.count() == 2
    tabs.nth(0).focus()
    page.keyboard.press("ArrowRight")
    assert tabs.nth(1).get_attribute("aria-selected") == "true"
    assert page.locator(".pl-step").count() == 1
    assert _probe(page)["time"] == pytest.approx(0.3), "arrows of tabs leave the time alone"


def test_a_negative_plays_in_step(player: Opener, motions: dict[str, Motion]) -> None:
    page = _open(player, 0)
    page.get_by_role("button", name="Play a clip of pair of hands in step").click()
    _wait(page, "window.__skeleton.beside && window.__skeleton.playing")
    page.get_by_role("button", name="Pause").click()
    share = motions["pair"].duration_s / motions["camera"].duration_s
    _wait(page, "window.__skeleton.beside.time > 0")
    probe = _probe(page)
    assert probe["beside"]["time"] == pytest.approx(probe["time"] * share)
    page.get_by_label("Same seconds").check()
    _wait(page, "window.__skeleton.beside.time === window.__skeleton.time")
    assert f"vs={clip_id(1)}" in page.url
    page.get_by_role("button", name="Close “").click()
    _wait(page, "window.__skeleton.beside === null")
    assert "no clip here" in page.locator(".pl-negatives").inner_text()


def test_pictures_follow_time(player: Opener, motions: dict[str, Motion]) -> None:
    page = _open(player, 0)
    shown = page.locator(".pl-pictures img")
    frames = motions["camera"].num_frames
    for _ in range(2):
        page.keyboard.press("ArrowRight")
        frame = _probe(page)["frame"]
        _wait(
            page,
            f"document.querySelector('.pl-pictures img').alt.startsWith('Frame {frame + 1} of')",
        )
        data = base64.b64decode(shown.get_attribute("src").partition(",")[2])
        level = np.asarray(Image.open(io.BytesIO(data)))[0, 0, 0]
        assert level == int(np.linspace(0, 255, frames)[frame])


def test_one_turns_zooms_and_names_joints_by_keys_and_pointer(
    player: Opener, motions: dict[str, Motion]
) -> None:
    motion = motions["camera"]
    page = _open(player, 0)
    page.keyboard.press("1")
    front = _places(page, motion)
    canvas = page.locator(".pl-canvas")
    canvas.focus()
    page.keyboard.press("Shift+ArrowLeft")
    assert np.abs(_places(page, motion) - front).max() > 3
    assert _probe(page)["frame"] == 3
    page.keyboard.press("1")
    page.keyboard.press("+")
    assert np.ptp(_places(page, motion)[0, :, 1]) > 1.1 * np.ptp(front[0, :, 1])
    page.keyboard.press("1")
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 130, box["y"] + 40, steps=4)
    page.mouse.up()
    assert np.abs(_places(page, motion) - front).max() > 10
    page.keyboard.press("1")
    joint = motion.topology.joints.index("right_ankle")
    u, v = _places(page, motion)[0, joint]
    page.mouse.move(box["x"] + u, box["y"] + v)
    assert "right" in page.locator(".pl-joint").inner_text()
    canvas.focus()
    page.keyboard.press("n")
    assert page.locator(".pl-told").inner_text() != ""


def test_a_browser_without_webgl_draws_as_well(player: Opener, motions: dict[str, Motion]) -> None:
    page = player()
    page.add_init_script(
        "const get = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
        "  return kind.startsWith('webgl') ? null : get.call(this, kind, ...rest);"
        "};"
    )
    page.goto("about:blank")
    page.goto(f"{player.path.as_uri()}#clip={clip_id(0)}&debug=1&t=0.3")
    _wait(page, "window.__skeleton && window.__skeleton.project(0, 0)")
    page.keyboard.press("1")
    assert _probe(page)["renderer"] == "canvas"
    places = _places(page, motions["camera"])[0]
    assert _hits(_is_inked(_picture(page)), places) == 1
    player.asked = [url for url in player.asked if url != "about:blank"]


def test_a_damaged_motion_is_told_and_the_next_clip_is_shown(
    player: Opener, player_data: PageData, motions: dict[str, Motion]
) -> None:
    packed = [pack_motion(motion) for motion in motions.values()]
    packed[:2] = [packed[0][:-7], b""]
    blocks = {**player_data.blocks, "motions-0": deflate(join_motions(packed))}
    player.path.write_text(make_html(replace(player_data, blocks=blocks)))
    page = player(f"#clip={clip_id(0)}&debug=1")
    said = page.get_by_role("alert").first
    assert "bytes of joints" in said.inner_text()
    assert "make it again" in said.inner_text()
    page.evaluate(f"location.hash = 'clip={clip_id(1)}'")
    _wait(page, "document.querySelector('[role=alert]').textContent.includes('page was made')")
    assert "made/pair.skeleton" in page.locator(".pl-facts").inner_text()
    page.evaluate(f"location.hash = 'clip={clip_id(2)}'")
    _wait(page, "window.__skeleton && window.__skeleton.project(0, 0)")
    assert page.get_by_role("alert").count() == 0


def test_thirty_clips_leave_no_memory_behind(player: Opener) -> None:
    page = player()
    page.add_init_script(
        "window.contexts = 0;"
        "const get = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
        "  const known = this.counted; this.counted = true;"
        "  if (kind === 'webgl2' && !known) window.contexts++;"
        "  return get.call(this, kind, ...rest);"
        "};"
    )
    page.goto("about:blank")
    page.goto(f"{player.path.as_uri()}#clip={clip_id(0)}&debug=1&t=0.3")
    _wait(page, "window.__skeleton && window.__skeleton.project(0, 0)")
    session = page.context.new_cdp_session(page)
    held, heaps = [], []
    for turn in range(30):
        page.evaluate(f"location.hash = 'clip={clip_id(turn % 5)}'")
        title = f"document.querySelector('.pl-title code').textContent === '{clip_id(turn % 5)}'"
        _wait(page, title)
        held.append(_probe(page)["held"])
        session.send("HeapProfiler.collectGarbage")
        heaps.append(session.send("Runtime.getHeapUsage")["usedSize"])
    assert max(held[10:]) <= max(held[:10])
    assert page.evaluate("window.contexts") <= 2, "one for the scene, one to ask for WebGL"
    assert max(heaps[20:]) < 1.2 * max(heaps[5:15])
    player.asked = [url for url in player.asked if url != "about:blank"]


def test_a_phone_has_large_controls_and_no_overflow(player: Opener) -> None:
    page = _open(player, 4, viewport={"width": 390, "height": 844}, has_touch=True)
    page.get_by_role("button", name="Play a clip of", exact=False).first.click()
    _wait(page, "window.__skeleton.beside")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    sizes = page.evaluate(
        "[...document.querySelectorAll('.pl button, .pl select, .pl summary, .pl input')]"
        ".filter((e) => e.tabIndex >= 0 && e.type !== 'radio')"
        ".map((e) => [e.outerHTML.slice(0, 60), e.getBoundingClientRect().height])"
    )
    assert len(sizes) > 12
    assert [name for name, height in sizes if height < 40] == []
