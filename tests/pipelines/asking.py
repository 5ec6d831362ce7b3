"""Six small clips in two parts, and how a fake endpoint is asked about them."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.teacher.answers import AnswersConfig
from schemas import ANSWER, RATIONALE, REJECT
from schemas.base import TableSchema
from skeletonllm.clip import Clip
from skeletonllm.endpoint.request import Sampling
from skeletonllm.endpoint.settings import EndpointSettings
from skeletonllm.rationales.teachers.online import TeacherSettings
from skeletonllm.storage import iter_tables
from skeletonllm.storage.layout import PARTS, REJECTS
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.fake_endpoint import FakeEndpoint
from skeletonllm.testing.scripted_teacher import ScriptedTeacher
from skeletonllm.testing.stage_folders import write_clips_folder
from skeletonllm.visualization.frames import make_config, make_renderer

ACTIONS = (
    "drink water", "hand waving", "sit down", "pushing someone", "stand up", "kicking someone",
)  # fmt: skip
MODEL = "gpt-4o"
KEY_VARIABLE, KEY = "SKELETONLLM_TESTS_KEY", "sk-planted-in-the-tests-0123456789"
# Ray's workers have the environment that Ray was started in, and that is after this import.
os.environ[KEY_VARIABLE] = KEY
SHOWN = {"frames": 4, "size": 96}
RECIPE = TeacherSettings(base_url="http://127.0.0.1:1/v1", model=MODEL, **SHOWN)  # type: ignore[arg-type]


def make_clips() -> list[Clip]:
    """One clip of each action."""
    return [
        make_clip(
            synthesize(action, subject=number, seed=number, fps=10),
            clip_id=f"lab/secret{number}",
            source_uri=f"lab/secret{number}.txt",
            label=action,
            label_id=number,
            label_namespace="lab",
            subject=f"person{number}",
        )
        for number, action in enumerate(ACTIONS)
    ]


CLIPS = make_clips()
Folders = tuple[str, str]


def write_two_parts(root: Path, clips: Sequence[Clip]) -> tuple[str, str]:
    """Two folders of one part each, with half of the clips."""
    half = len(clips) // 2
    return (
        write_clips_folder(str(root / "one"), clips[:half]),
        write_clips_folder(str(root / "two"), clips[half:]),
    )


def script(clips: Sequence[Clip], lie_rate: float = 0.0, **how: Any) -> ScriptedTeacher:
    """A teacher that knows these clips as they are shown here."""
    renderer = make_renderer(make_config("body", "fit", 96, 12), None)
    return ScriptedTeacher(clips, RECIPE, renderer, lie_rate, **how)


def configure(
    clips: tuple[str, ...], output: Path | str, server: FakeEndpoint | str, **fields: Any
) -> AnswersConfig:
    """How a server, or the one of a URL, is asked; fields of all three configurations."""
    url = server if isinstance(server, str) else server.base_url
    model = fields.pop("model", MODEL)
    rest = AnswersConfig.__dataclass_fields__.keys() & fields.keys()
    hard = EndpointSettings.__dataclass_fields__.keys() & fields.keys()
    shown = {k: v for k, v in fields.items() if k not in rest | hard}
    endpoint = EndpointSettings(
        base_url=url,
        model=model,
        **{
            "key_variable": KEY_VARIABLE,
            "attempts": 3,
            "first_wait_s": 0.01,
            **{k: fields[k] for k in hard},
        },
    )
    sampling = shown.pop("sampling", Sampling(temperature=0.2))
    teacher = TeacherSettings(base_url=url, model=model, sampling=sampling, **{**SHOWN, **shown})
    return AnswersConfig(clips, str(output), teacher, endpoint, **{k: fields[k] for k in rest})


def list_rows(folder: Path | str, schema: TableSchema, below: str = PARTS) -> list[dict[str, Any]]:
    """All rows of a folder; each part fits its schema."""
    rows: list[dict[str, Any]] = []
    for _, table in iter_tables(f"{folder}/{below}", schema=schema):
        assert schema.faults(table) == []
        rows += table.to_pylist()
    return rows


def list_answers(folder: Path | str) -> list[dict[str, Any]]:
    """Rows of answers."""
    return list_rows(folder, ANSWER)


def list_rationales(folder: Path | str) -> list[dict[str, Any]]:
    """Rows of rationales."""
    return list_rows(folder, RATIONALE)


def list_rejects(folder: Path | str) -> list[dict[str, Any]]:
    """Rows of rejects."""
    return list_rows(folder, REJECT, REJECTS)


def count_requests(server: FakeEndpoint) -> int:
    """How many requests came."""
    return Counter(event["event"] for event in server.read_log())["arrive"]


def read_parts(folder: Path | str) -> dict[str, bytes]:
    """Bytes of the parts and rejects of a stage."""
    files = [p for below in (PARTS, REJECTS) for p in Path(folder, below).iterdir()]
    return {f"{p.parent.name}/{p.name}": p.read_bytes() for p in files}


def write_prices(folder: Path, **usd: float) -> str:
    """A file of prices for the model here."""
    path = folder / "prices.json"
    price = {"input_usd": 1000.0, "output_usd": 4000.0, **usd}
    stated = {"schema": "prices", "schema_version": "1.0.0", "models": {MODEL: price}}
    path.write_text(json.dumps(stated))
    return str(path)
