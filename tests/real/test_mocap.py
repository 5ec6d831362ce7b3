"""BVH, ASF/AMC and C3D on real files, against readings that share no code with ours."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from skeletonllm.clip import Clip, clips_from_table, clips_to_table
from skeletonllm.corpora import Reject, check_reader, get_reader, read_clips
from skeletonllm.corpora.rigs.anatomy.body_size import UNITS_M

pytestmark = pytest.mark.real

FORMATS = ("bvh", "asfamc", "c3d")


@pytest.fixture(scope="session")
def samples(shared: Path) -> Path:
    return shared / "data" / "samples"


def read_all(corpus: str, root: Path) -> tuple[dict[str, Clip], list[Reject]]:
    reader, clips, rejects = get_reader(corpus), {}, []
    for source in reader.sources(str(root)):
        found, refused = read_clips(reader, source)
        clips.update((source.source_id, clip) for clip in found)
        rejects += refused
    return clips, rejects


@pytest.mark.parametrize("corpus", FORMATS)
def test_readers_keep_their_contract(corpus: str, samples: Path) -> None:
    assert check_reader(get_reader(corpus), str(samples / corpus), limit=4) == []


@pytest.mark.parametrize(("corpus", "clips"), [("bvh", 19), ("asfamc", 4), ("c3d", 1)])
def test_every_file_is_a_clip_that_survives_the_table(
    corpus: str, clips: int, samples: Path
) -> None:
    found, rejects = read_all(corpus, samples / corpus)
    assert (len(found), rejects) == (clips, [])
    back = clips_from_table(clips_to_table(list(found.values())))
    assert [c.motion.sha256 for c in back] == [c.motion.sha256 for c in found.values()]


def test_what_had_to_be_guessed(samples: Path) -> None:
    clips, _ = read_all("bvh", samples / "bvh")
    flagged = {name: clip.flags for name, clip in clips.items() if clip.flags}
    z_up = ("axes_assumed",)
    assert flagged == {"bvh_example": z_up, "standard_skeleton": z_up}
    assert Counter(clip.label_namespace for clip in clips.values()) == {
        None: 11,
        "bandai_namco": 5,
        "xia_style": 3,
    }


def test_people_are_as_tall_as_people_and_stand_on_their_feet(samples: Path) -> None:
    clips = {**read_all("bvh", samples / "bvh")[0], **read_all("asfamc", samples / "asfamc")[0]}
    for name, clip in clips.items():
        find, joints = clip.motion.topology.find, clip.motion.joints[:, 0]
        head, ankle = find("head"), find("left_ankle")
        thigh = [find("left_hip"), find("left_knee")]
        assert None not in (head, ankle, *thigh), name
        tall = (joints[:, head, 1] - joints[:, ankle, 1]).max()
        assert 1.2 < tall < 1.75, (name, tall)
        upper = np.linalg.norm(joints[:, thigh[0]] - joints[:, thigh[1]], axis=-1)
        assert upper.min() > 0.3, name
        assert upper.max() < 0.5, name


def test_left_is_left_of_where_they_walk_and_look(samples: Path) -> None:
    """Toes point forwards, and left is where up x forwards points."""
    clips = {**read_all("bvh", samples / "bvh")[0], **read_all("asfamc", samples / "asfamc")[0]}
    for name, clip in clips.items():
        find, joints = clip.motion.topology.find, clip.motion.joints[:, 0]
        ahead = sum(
            joints[:, find(f"{side}_foot")] - joints[:, find(f"{side}_ankle")]
            for side in ("left", "right")
        )
        left = joints[:, find("left_hip")] - joints[:, find("right_hip")]
        agree = (np.cross([0, 1, 0], ahead) * left).sum(-1) > 0
        assert agree.mean() > 0.9, name


def naive_bvh(path: Path) -> list[tuple[str, list[np.ndarray]]]:
    """Name and positions of each joint in file units: tokens, recursion and scipy."""
    tokens = iter(path.read_text().split())
    joints: list[tuple[str, list[np.ndarray], int, list[float], list[str]]] = []

    def joint(parent: int) -> None:
        name, me = next(tokens), len(joints)
        assert next(tokens) == "{"
        assert next(tokens) == "OFFSET"
        joints.append((name, [], parent, [float(next(tokens)) for _ in range(3)], []))
        while (word := next(tokens)) != "}":
            if word == "CHANNELS":
                joints[me][4].extend(next(tokens) for _ in range(int(next(tokens))))
            else:
                joint(me)

    assert [next(tokens), next(tokens)] == ["HIERARCHY", "ROOT"]
    joint(-1)
    assert [next(tokens), next(tokens)] == ["MOTION", "Frames:"]
    frames = int(next(tokens))
    assert [next(tokens), next(tokens)] == ["Frame", "Time:"]
    next(tokens)
    for _ in range(frames):
        world: list[tuple[np.ndarray, Rotation]] = []
        for _, places, parent, offset, channels in joints:
            step, axes, angles = np.array(offset), "", []
            for channel in channels:
                if channel.endswith("position"):
                    step["XYZ".index(channel[0])] = float(next(tokens))
                else:
                    axes, angles = axes + channel[0], [*angles, float(next(tokens))]
            turn = Rotation.from_euler(axes, angles, degrees=True) if axes else Rotation.identity()
            if parent >= 0:
                step = world[parent][0] + world[parent][1].apply(step)
                turn = world[parent][1] * turn
            world.append((step, turn))
            places.append(step)
    assert next(tokens, None) is None
    return [(name, places) for name, places, *_ in joints]


@pytest.mark.parametrize(
    ("name", "unit", "joints"),
    [
        ("dataset-2_raise-up-left-hand_feminine_001", "cm", {"Head": "head", "Foot_L": "ankle"}),
        ("AV_8Walk_Meredith_HVHA_Rep1", "inch", {"LeftArm": "shoulder", "Head": "head"}),
        ("angry_13_000", "acclaim", {"LeftForeArm": "elbow", "LeftLeg": "knee"}),
        ("bvh_example", "inch", {"LeftHand": "wrist", "LeftUpLeg": "hip"}),
        ("example", "cm", {"LeftToe": "foot", "Hips": "pelvis"}),
    ],
)
def test_bvh_agrees_with_a_naive_reader(
    name: str, unit: str, joints: dict[str, str], samples: Path
) -> None:
    ((clip,), _) = read_clips(
        get_reader("bvh"), get_reader("bvh").sources(str(samples / "bvh" / f"{name}.bvh"))[0]
    )
    truth = dict(naive_bvh(samples / "bvh" / f"{name}.bvh"))
    for theirs, word in joints.items():
        at = clip.motion.topology.find(word, f"left_{word}")
        expected = np.array(truth[theirs]) * UNITS_M[unit]
        if name == "bvh_example":  # z is up
            expected = expected[:, [0, 2, 1]] * [1, 1, -1]
        np.testing.assert_allclose(clip.motion.joints[:, 0, at], expected, atol=1e-5)


def naive_asf(text: str) -> dict[str, dict[str, str]]:
    """Lines of each bone by their first word."""
    bones = {}
    for block in re.findall(r"begin\s(.*?)\bend\b", text.partition(":bonedata")[2], re.DOTALL):
        lines = [line.split(None, 1) for line in block.splitlines() if line.strip()]
        fields = {words[0]: words[1] for words in lines if len(words) > 1}
        if "name" in fields:
            bones[fields["name"].strip()] = fields
    return bones


@pytest.mark.parametrize(
    ("motion", "skeleton"),
    [("CMU/02_04", "CMU/02"), ("HDM05/HDM_mm_depositFloorR_020_120", "HDM05/HDM_mm")],
)
def test_asfamc_agrees_with_a_naive_reader(motion: str, skeleton: str, samples: Path) -> None:
    folder = samples / "asfamc"
    ((clip,), _) = read_clips(
        get_reader("asfamc"), get_reader("asfamc").sources(str(folder / f"{motion}.amc"))[0]
    )
    text = (folder / f"{skeleton}.asf").read_text("latin-1")
    bones, rows = naive_asf(text), text.partition(":hierarchy")[2].split("\n")
    parents = {c: words[0] for row in rows if (words := row.split()) for c in words[1:]}
    frames = re.split(r"^\d+\s*$", (folder / f"{motion}.amc").read_text(), flags=re.MULTILINE)[1:]
    for t in range(0, len(frames), 60):
        lines = {
            w[0]: [float(x) for x in w[1:]] for w in map(str.split, frames[t].split("\n")) if w
        }
        place = {"root": np.array(lines["root"][:3])}
        turn = {"root": Rotation.from_euler("xyz", lines["root"][3:], degrees=True)}
        for name, up in parents.items():
            fields = bones[name]
            own = Rotation.from_euler(
                "xyz", [*map(float, fields["axis"].split()[:3])], degrees=True
            )
            angles = dict(zip(fields.get("dof", "").split(), lines.get(name, []), strict=True))
            moved = Rotation.from_euler(
                "xyz", [angles.get(f"r{axis}", 0.0) for axis in "xyz"], degrees=True
            )
            turn[name] = turn[up] * own * moved * own.inv()
            bone = np.array([*map(float, fields["direction"].split())]) * float(fields["length"])
            place[name] = place[up] + turn[name].apply(bone)
        ends = {"lfemur": "left_knee", "rtibia": "right_ankle", "rradius": "right_wrist"}
        for bone_name, joint in {**ends, "upperneck": "head", "head": "head.top"}.items():
            found = clip.motion.joints[t, 0, clip.motion.topology.index(joint)]
            expected = place[bone_name] * 0.0254 / 0.45
            np.testing.assert_allclose(found, expected, atol=1e-5, err_msg=f"{joint} in {t}")


def test_cmu_as_bvh_and_as_asf_have_the_same_words(samples: Path) -> None:
    bvh = read_all("bvh", samples / "bvh" / "cmu_12_01_walk.bvh")[0]["cmu_12_01_walk"]
    asf = read_all("asfamc", samples / "asfamc" / "CMU")[0]["02_01"]
    words = [{n for n in c.motion.topology.joints if "." not in n} for c in (bvh, asf)]
    assert words[1] - words[0] == {
        f"{side}_{word}" for side in ("left", "right") for word in ("collar", "hand", "hand_tip")
    }
    assert words[0] <= words[1]


def test_joint_centres_of_a_c3d(samples: Path) -> None:
    (clip,) = read_all("c3d", samples / "c3d")[0].values()
    motion = clip.motion
    assert clip.flags == ("axes_assumed", "markers_unknown")
    assert (motion.fps, motion.num_frames) == (100.0, 955)
    knee, ankle = (motion.topology.index(f"left_{word}") for word in ("knee", "ankle"))
    shank = np.linalg.norm(motion.joints[:, 0, knee] - motion.joints[:, 0, ankle], axis=-1)
    assert 0.3 < shank.min() <= shank.max() < 0.5
    assert (motion.joints[:, 0, knee, 1] > motion.joints[:, 0, ankle, 1]).mean() > 0.95
    assert not any("Angles" in name for name in motion.topology.joints)
