"""The page: a verdict that fits the numbers, pictures of the worst clips, text that is escaped."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from importlib import import_module

import numpy as np
import pytest
from PIL import Image

from skeletonllm.clip import Clip
from skeletonllm.quality import QualityResults, choose_examples, make_report
from skeletonllm.quality.checks import CHECKS
from skeletonllm.quality.detectors.bones import joints_named, name_bones
from skeletonllm.quality.examples import EACH, Example, draw_example
from skeletonllm.quality.sections import describe_missing_joints, select_varying_bones
from skeletonllm.quality.summary import grade_share, summarize_checks, summarize_corpus
from skeletonllm.quality.tracks import Spot
from skeletonllm.topology import COCO_17, KINECT_V2, Topology, register_topology
from tests.skeletonllm.quality.conftest import judged, performed, spoiled

VOID = {"meta", "rect", "line", "br", "img"}
REJECTS = [
    {"source_uri": f"raw/{i}<x>", "stage": "normalize", "code": "empty", "message": "0 & no bytes"}
    for i in range(2)
]


class Page(HTMLParser):
    """Fails where tags do not nest; collects sources of pictures."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.pictures: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.pictures += [value or "" for name, value in attrs if name == "src"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def teleport(joints: np.ndarray) -> None:
    joints[9, 0, KINECT_V2.index("left_knee")] += [0.0, 0.0, 0.9]


def corpus(count: int, bad: int) -> list[Clip]:
    """Clips of two labels and subjects, of which the first ``bad`` have a jump."""
    clips = [
        replace(
            performed("clapping", seed=i, subject=i),
            clip_id=f"lab/{i}",
            label=("clap", "<wave>")[i % 2],
            subject=str(i % 3),
            camera="1",
        )
        for i in range(count)
    ]
    return [spoiled(clip, teleport) if i < bad else clip for i, clip in enumerate(clips)]


def page_of(clips: list[Clip], found: QualityResults) -> str:
    by_id = {clip.clip_id: clip for clip in clips}
    return make_report(found, [(pick, by_id[pick.clip_id]) for pick in choose_examples(found.rows)])


@pytest.fixture(scope="module")
def text() -> str:
    clips = corpus(10, 1)
    return page_of(clips, judged(clips, REJECTS))


def test_is_one_wellformed_page_without_script_or_network(text: str) -> None:
    page = Page(text)
    assert not page.tags & {"script", "link", "iframe"}
    assert page.pictures
    assert all(source.startswith("data:image/png;base64,") for source in page.pictures)
    assert text.count("http") == 0


def test_text_of_the_data_is_escaped(text: str) -> None:
    assert "<wave>" not in text
    assert "&lt;wave&gt;" in text
    assert "raw/0&lt;x&gt;" in text
    assert "0 &amp; no bytes" in text


def test_the_verdict_comes_first_and_says_what_and_how_many(text: str) -> None:
    top = text[text.index("<body>") : text.index("What is in it")]
    assert "Trust it without the clips named here" in top
    assert "9 of 10 clips (90.0%) pass every check. Of each label at least 4 do (“clap”)." in top
    assert "1 clip (10.0%) with a joint that moves faster than a human can." in top
    assert "2 of 12 sources or clips (16.7%) not read: empty 2." in top
    assert top.index("faster than a human") < top.index("Bones keep their length")


@pytest.mark.parametrize(
    ("count", "bad", "said", "rating"),
    [(20, 0, "You can trust", "fine"), (20, 1, "You can trust", "fine"),
     (10, 1, "Trust it without", "look"), (4, 2, "Look before", "serious")],
)  # fmt: skip
def test_headline(count: int, bad: int, said: str, rating: str) -> None:
    line = summarize_corpus(judged(corpus(count, bad)))
    assert line.title.startswith(said)
    assert line.level == rating


def test_a_corpus_without_clips() -> None:
    found = judged(corpus(1, 0))
    empty = QualityResults(found.rows.slice(0, 0), found.duplicates, found.rejects)
    assert summarize_corpus(empty).title == "There is nothing to trust"
    Page(make_report(empty, []))


def test_what_cannot_be_measured_is_not_called_fine() -> None:
    flat = {line.title: line for line in summarize_checks(judged([performed(topology=COCO_17)]))}
    assert {title for title, line in flat.items() if line.level == "unknown"} == {
        "Bone lengths", "Mirror images", "Body heights",
    }  # fmt: skip
    assert flat["Bone lengths"].text == "Cannot be measured here: a plane foreshortens bones."
    solid = [line.level for line in summarize_checks(judged([performed()]))]
    assert "unknown" not in solid


def test_joints_a_sensor_guessed_and_scores_of_a_network() -> None:
    (clip,) = corpus(1, 0)
    half = replace(clip.motion, confidence=clip.motion.confidence / 2)
    assert "100.00% guessed by the sensor" in describe_missing_joints(
        judged([replace(clip, motion=half)])
    )
    assert "guessed" not in describe_missing_joints(judged([performed(topology=COCO_17)]))


def test_a_mirrored_corpus_is_said_to_be_one() -> None:
    def reflect(joints: np.ndarray) -> None:
        joints[..., 0] *= -1

    clips = corpus(4, 0)
    whole = "All clips together look mirrored"
    few = judged([spoiled(clips[0], reflect), *clips[1:]])
    all_of_them = judged([spoiled(clip, reflect) for clip in clips])
    assert not any(whole in line.text for line in summarize_checks(few))
    assert any(whole in line.text for line in summarize_checks(all_of_them))


def test_copies_across_cameras_are_said_to_leak(wave: Clip) -> None:
    clips = [replace(wave, camera="1"), replace(wave, clip_id="lab/1", camera="2")]
    found = judged(clips)
    said = " ".join(line.text for line in summarize_checks(found))
    assert "Of these, 1 under another camera: such a split would test" in said
    assert "lab/1</td><td>lab/0</td><td>exact" in page_of(clips, found)


@pytest.mark.parametrize(("camera", "rating"), [("1", "look"), ("2", "serious")])
def test_a_few_copies_are_serious_where_they_spoil_a_split(camera: str, rating: str) -> None:
    clips = corpus(19, 0)
    copy = replace(clips[0], clip_id="lab/copy", camera=camera)
    (line,) = (
        x for x in summarize_checks(judged([*clips, copy])) if x.title == "Same motion twice"
    )
    assert line.level == rating


@pytest.mark.parametrize(("share", "name"), [(0.009, "minor"), (0.09, "look"), (0.1, "serious")])
def test_levels(share: float, name: str) -> None:
    assert grade_share(share) == name


def test_the_worst_come_first_and_sound_ones_last() -> None:
    def far(joints: np.ndarray) -> None:
        joints[9, 0, KINECT_V2.index("left_knee")] += [0.0, 0.0, 1.4]

    clips = corpus(12, 5)
    clips[4] = spoiled(performed("clapping", seed=4, subject=4), far)
    clips[4] = replace(clips[4], clip_id="lab/4")
    picks = choose_examples(judged(clips).rows)
    assert [pick.fault for pick in picks[:EACH]] == ["jump"] * EACH
    assert picks[0].clip_id == "lab/4"
    assert picks[0].at == Spot(0, 9, "left_knee")
    assert [pick.fault for pick in picks[-2:]] == ["", ""]
    assert picks[-1].clip_id not in {f"lab/{i}" for i in range(5)}


def test_a_clip_with_several_faults_is_shown_once() -> None:
    def lose(joints: np.ndarray) -> None:
        joints[9, 0, KINECT_V2.index("left_knee")] = 0.0

    picks = choose_examples(judged([spoiled(performed(), lose)]).rows)
    assert [pick.fault for pick in picks] == ["jump"]


def test_a_picture_marks_the_frame_and_the_joint(wave: Clip) -> None:
    def drawn(at: Spot | None) -> np.ndarray:
        data = base64.b64decode(draw_example(wave, at).removeprefix("data:image/png;base64,"))
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)

    def red(at: Spot | None) -> np.ndarray:
        return np.abs(drawn(at) - [255, 70, 70]).sum(-1) < 30

    marked = red(Spot(0, 30, "left_knee"))
    assert marked.any(0).argmax() // 144 == 3  # the fourth of six
    rings = marked.sum() - red(Spot(0, 30)).sum()
    assert 20 < rings < 80
    assert red(None).sum() < 20


def test_a_name_is_a_joint_or_a_bone_whatever_dashes_it_holds() -> None:
    rig = Topology("rig", ("pelvis", "spine.mid-back", "head.a-b"), ((0, 1), (1, 2)))
    assert [joints_named(rig, name) for name in name_bones(rig)] == [(0, 1), (1, 2)]
    assert joints_named(rig, "head.a-b") == (2,)
    assert joints_named(rig, "arms") == joints_named(rig, "") == ()


def test_pictures_of_short_clips_and_of_nobody(wave: Clip) -> None:
    one = replace(wave, motion=wave.motion.select_frames([0]))
    assert draw_example(one, Spot(0, 0)).startswith("data:")
    hidden = replace(wave.motion, confidence=wave.motion.confidence * 0)
    assert draw_example(replace(wave, motion=hidden), None) == ""


def test_a_skeleton_without_bones_has_its_picture(wave: Clip) -> None:
    topology = register_topology(Topology("no_bones", KINECT_V2.joints, ()))
    bare = replace(wave.motion, topology=topology)
    results = judged([replace(wave, motion=bare)])
    shown = [(pick, replace(wave, motion=bare)) for pick in choose_examples(results.rows)]
    assert "No picture" not in make_report(results, shown)
    assert len(Page(make_report(results, shown)).pictures) == 1
    assert results.rows.column("drift").to_pylist() == [None]


def test_a_clip_that_cannot_be_shown_costs_its_picture_only(
    wave: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module("skeletonllm.quality.report")
    real = module.draw_example

    def second_fails(clip: Clip, at: Spot | None) -> str:
        if clip.clip_id == "lab/1":
            raise KeyError("<head>")
        return str(real(clip, at))

    monkeypatch.setattr(module, "draw_example", second_fails)
    hidden = replace(wave.motion, confidence=wave.motion.confidence * 0)
    clips = [wave, replace(wave, clip_id="lab/1"), replace(wave, clip_id="lab/2", motion=hidden)]
    picks = [
        Example(i, clip.clip_id, "wave", "", "nothing found", None) for i, clip in enumerate(clips)
    ]
    text = make_report(judged(clips), list(zip(picks, clips, strict=True)))
    assert len(Page(text).pictures) == 1
    assert "No picture: lab/1: KeyError: &#x27;&lt;head&gt;&#x27;" in text
    assert "No picture: nobody is seen in these frames" in text


def test_every_check_has_a_name_of_its_own_and_tells_what_to_do() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert all(check.advice and check.sound and check.found for check in CHECKS)


def test_only_bones_that_vary_are_drawn_and_of_many_the_most() -> None:
    names = [f"bone{i}" for i in range(60)]
    each = np.tile(np.linspace(0.1, 0.001, 60), (5, 1))
    each[:, 3] = np.nan
    shown = select_varying_bones(names, each)
    assert len(shown) == 40
    assert list(shown)[:3] == ["bone0", "bone1", "bone2"]
    assert "bone3" not in shown
    assert select_varying_bones(names, 0 * each) == {}


def test_labels_with_the_most_faults_come_first(text: str) -> None:
    part = text[text.index("Where the faults are") : text.index("Where joints are missing")]
    assert "label \\ clips with</th><th>any</th><th>jump</th>" in part
    assert "<th>clap</th>" in part
    assert "&lt;wave&gt;" not in part  # no fault, no row
