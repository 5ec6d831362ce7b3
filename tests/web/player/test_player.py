"""The player of one clip: time, keys, steps, negatives, pictures, damage, memory."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from skeletonllm.motion import Motion
from skeletonllm.viewer.blocks import deflate, join_motions
from skeletonllm.viewer.pack import pack_motion
from tests.web.conftest import Opener
from tests.web.made_data import PageData, clip_id
from tests.web.made_html import make_html
from tests.web.player.made_motions import STEPS
from tests.web.player.probe import ask, open_clip, wait_for


def test_play_moves_time_and_pause_holds_it(player: Opener) -> None:
    page = open_clip(player, 0)
    before = ask(page)
    assert not before["playing"], "a link to a time shows that time"
    page.keyboard.press("Space")
    wait_for(page, f"window.__skeleton.time > {before['time']} + 0.3")
    page.get_by_role("button", name="Pause").click()
    held = ask(page)
    page.wait_for_timeout(300)
    after = ask(page)
    assert not after["playing"]
    assert after["time"] == held["time"]


def test_a_clip_plays_by_itself_unless_less_motion_is_preferred(player: Opener) -> None:
    page = open_clip(player, 0, "")
    wait_for(page, "window.__skeleton.playing && window.__skeleton.time > 0.2")
    still = open_clip(player, 0, "", reduced_motion="reduce")
    assert ask(still)["playing"] is False
    assert ask(still)["time"] == 0


def test_keys_step_scrub_loop_and_change_the_speed(
    player: Opener, motions: dict[str, Motion]
) -> None:
    page = open_clip(player, 0)
    last = motions["camera"].num_frames - 1
    frames = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Control+ArrowRight"):
        page.keyboard.press(key)
        frames.append(ask(page)["frame"])
    assert frames == [4, 5, 4, 14]
    page.locator(".pl-canvas").focus()
    page.keyboard.press("End")
    assert ask(page)["frame"] == last
    page.keyboard.press("Home")
    assert ask(page)["time"] == 0
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
    wait_for(page, "!window.__skeleton.playing")
    assert ask(page)["frame"] == last
    slider = page.get_by_role("slider", name="Time")
    slider.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    assert ask(page)["frame"] == 1
    assert slider.get_attribute("aria-valuetext").startswith("0.10 seconds of")


def test_a_step_jumps_to_its_time_lights_up_and_says_why(player: Opener) -> None:
    page = open_clip(player, 0)
    steps = page.locator(".pl-step")
    assert steps.count() == len(STEPS)
    for at, (text, start, _, verdict, measured, _) in enumerate(STEPS):
        step = steps.nth(at)
        step.get_by_role("button").focus()
        page.keyboard.press("Enter")
        assert ask(page)["time"] == pytest.approx(start)
        wait_for(page, f"document.querySelectorAll('.pl-step')[{at}].ariaCurrent")
        lit = [steps.nth(i).get_attribute("aria-current") for i in range(len(STEPS))]
        assert lit == ["step" if i == at else None for i in range(len(STEPS))]
        said = step.inner_text()
        assert all(word in said for word in (text, verdict.replace("_", " "), measured))
    assert "Why: the left hand sank" in steps.nth(1).inner_text()


def test_verdicts_are_counted_worst_first(player: Opener) -> None:
    page = open_clip(player, 0)
    chips = page.locator(".pl-verdicts .pl-chip").all_inner_texts()
    assert chips == [
        "✗ 1 contradicted",
        "? 1 unverifiable",
        "\N{EN DASH} 1 not understood",
        "✓ 1 true",
    ]


def test_steps_light_up_as_time_passes(player: Opener) -> None:
    page = open_clip(player, 0, "&t=0.01")
    lit = "document.querySelector('.pl-step[aria-current]')?.textContent.includes('{}')"
    page.keyboard.press("Space")
    for text, *_ in STEPS:
        wait_for(page, lit.format(text))


def test_several_rationales_are_tabs(player: Opener) -> None:
    page = open_clip(player, 0)
    tabs = page.get_by_role("tab")
    assert tabs.count() == 2
    tabs.nth(0).focus()
    page.keyboard.press("ArrowRight")
    assert tabs.nth(1).get_attribute("aria-selected") == "true"
    assert page.locator(".pl-step").count() == 1
    assert ask(page)["time"] == pytest.approx(0.3), "arrows of tabs leave the time alone"


def test_a_negative_plays_in_step(player: Opener, motions: dict[str, Motion]) -> None:
    page = open_clip(player, 0)
    page.get_by_role("button", name="Play in step a clip of pair of hands").click()
    wait_for(page, "window.__skeleton.beside && window.__skeleton.playing")
    page.get_by_role("button", name="Pause").click()
    share = motions["pair"].duration_s / motions["camera"].duration_s
    wait_for(page, "window.__skeleton.beside.time > 0")
    probe = ask(page)
    assert probe["beside"]["time"] == pytest.approx(probe["time"] * share)
    page.get_by_label("Same seconds").check()
    wait_for(page, "window.__skeleton.beside.time === window.__skeleton.time")
    assert f"vs={clip_id(1)}" in page.url
    page.get_by_role("button", name="Close “").click()
    wait_for(page, "window.__skeleton.beside === null")
    assert "no clip here" in page.locator(".pl-negatives").inner_text()


def test_a_link_opens_the_same_two_clips_at_the_same_time(player: Opener) -> None:
    page = open_clip(player, 0, f"&t=0.3&vs={clip_id(1)}")
    wait_for(page, "window.__skeleton.beside")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Copy link").click()
    wait_for(page, "document.querySelector('.pl-copy button').textContent === 'Copied'")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.partition("#")[2] == f"clip={clip_id(0)}&t=0.4&vs={clip_id(1)}"
    other = player(f"#{link.partition('#')[2]}&debug=1")
    wait_for(other, "window.__skeleton && window.__skeleton.beside")
    assert ask(other)["frame"] == 4


def test_pictures_follow_time(player: Opener, motions: dict[str, Motion]) -> None:
    page = open_clip(player, 0)
    shown = page.locator(".pl-pictures img")
    frames = motions["camera"].num_frames
    for _ in range(2):
        page.keyboard.press("ArrowRight")
        frame = ask(page)["frame"]
        wait_for(
            page,
            f"document.querySelector('.pl-pictures img').alt.startsWith('Frame {frame + 1} of')",
        )
        data = base64.b64decode(shown.get_attribute("src").partition(",")[2])
        level = np.asarray(Image.open(io.BytesIO(data)))[0, 0, 0]
        assert level == int(np.linspace(0, 255, frames)[frame])


def test_a_damaged_motion_is_told_and_the_next_clip_is_shown(
    player: Opener, player_data: PageData, motions: dict[str, Motion]
) -> None:
    packed = [pack_motion(motion) for motion in motions.values()]
    packed[:2] = [packed[0][:-7], b""]
    blocks = {**player_data.blocks, "motions-0": deflate(join_motions(packed))}
    player.place.write_text(make_html(replace(player_data, blocks=blocks)))
    page = player(f"#clip={clip_id(0)}&debug=1")
    said = page.get_by_role("alert").first
    assert "bytes of joints" in said.inner_text()
    assert "make it again" in said.inner_text()
    page.evaluate(f"location.hash = 'clip={clip_id(1)}'")
    wait_for(page, "document.querySelector('[role=alert]').textContent.includes('page was made')")
    assert "made/pair.skeleton" in page.locator(".pl-facts").inner_text()
    page.evaluate(f"location.hash = 'clip={clip_id(2)}'")
    wait_for(page, "window.__skeleton && window.__skeleton.project(0, 0)")
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
    page.goto(f"{player.place.as_uri()}#clip={clip_id(0)}&debug=1&t=0.3")
    wait_for(page, "window.__skeleton && window.__skeleton.project(0, 0)")
    session = page.context.new_cdp_session(page)
    held, heaps = [], []
    for turn in range(30):
        page.evaluate(f"location.hash = 'clip={clip_id(turn % 5)}'")
        title = f"document.querySelector('.pl-title code').textContent === '{clip_id(turn % 5)}'"
        wait_for(page, title)
        held.append(ask(page)["held"])
        session.send("HeapProfiler.collectGarbage")
        heaps.append(session.send("Runtime.getHeapUsage")["usedSize"])
    assert max(held[10:]) <= max(held[:10])
    assert page.evaluate("window.contexts") <= 2, "one for the scene, one to ask for WebGL"
    # The least of each: what waits to be collected comes and goes.
    assert min(heaps[20:]) < 1.1 * min(heaps[5:15])
    assert max(heaps) < 100 << 20
    player.asked = [url for url in player.asked if url != "about:blank"]


def test_a_wide_window_scrolls_the_clip_and_not_the_page(player: Opener) -> None:
    page = open_clip(player, 0)
    assert page.locator(".pl").evaluate("(e) => e.scrollHeight") > 600
    page.set_viewport_size({"width": 1440, "height": 500})
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height == 500


def test_a_phone_has_large_controls_and_no_overflow(player: Opener) -> None:
    page = open_clip(player, 4, viewport={"width": 390, "height": 844}, has_touch=True)
    page.get_by_role("button", name="Play in step", exact=False).first.click()
    wait_for(page, "window.__skeleton.beside")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    sizes = page.evaluate(
        "[...document.querySelectorAll('.pl button, .pl select, .pl summary, .pl input')]"
        ".filter((e) => e.tabIndex >= 0 && e.type !== 'radio')"
        ".map((e) => [e.outerHTML.slice(0, 60), e.getBoundingClientRect().height])"
    )
    assert len(sizes) > 12
    assert [name for name, height in sizes if height < 40] == []
