"""Finished folders of a stage, as the pipelines leave them, without running one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from schemas import REJECT
from skeletonllm.clip import Clip, clips_to_table
from skeletonllm.licences import get_licence
from skeletonllm.storage import Plan, claim, finish, join, write_json, write_table
from skeletonllm.storage.layout import PARTS, REJECTS
from skeletonllm.topology import get_topology


def write_clips_folder(
    folder: str, clips: Sequence[Clip], rejects: Sequence[Mapping[str, str]] = ()
) -> str:
    """Write clips of one corpus as ``normalize`` does, in one part; give the folder.

    Args:
        folder: Where to.
        clips: Of one corpus.
        rejects: Rows of :data:`schemas.REJECT`.

    Example:
        >>> write_clips_folder("out/clips", [make_clip(motion)])  # doctest: +SKIP
        'out/clips'
    """
    write_table(join(folder, PARTS, "part-00000.parquet"), clips_to_table(clips))
    table = pa.Table.from_pylist([dict(row) for row in rejects], schema=REJECT.arrow)
    write_table(join(folder, REJECTS, "part-00000.parquet"), table)
    names = sorted({c.motion.topology.name for c in clips})
    topologies = {name: get_topology(name).to_json() for name in names}
    write_json(join(folder, "topologies.json"), topologies)
    licences = {c.licence: get_licence(c.licence).to_json() for c in clips}
    write_json(join(folder, "licences.json"), licences)
    config = {"corpus": clips[0].corpus, "profile": clips[0].profile}
    return finish_stage(folder, "normalize", config, {"clips": len(clips), "rejects": len(rejects)})


def finish_stage(
    folder: str, stage: str, config: Mapping[str, Any], counts: Mapping[str, int]
) -> str:
    """Write plan and manifest around the parts of a stage; give the folder.

    Args:
        folder: That holds the parts.
        stage: Its name, such as ``normalize``.
        config: What it was asked for.
        counts: What it counted.
    """
    plan = Plan(stage, "1", dict(config), ())
    write_json(join(folder, "plan.json"), plan.to_json())
    claim(folder, plan)
    finish(folder, plan, lambda: dict(counts))
    return folder
