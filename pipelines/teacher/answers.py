"""Clips -> what a teacher says about each: the raw answers, kept for any judge to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from pipelines.teacher.asker import AskerConfig
from pipelines.teacher.conversations import ASKED, Talk, hold_talks, run_asking, share_talks
from schemas import ANSWER, CLIP
from skeletonllm.clip import Clip
from skeletonllm.clip_folders import clip_units, lineage, read_unit, write_rejects
from skeletonllm.endpoint.request import Sampling
from skeletonllm.endpoint.settings import EndpointSettings
from skeletonllm.errors import UsageError
from skeletonllm.evaluation.classes import Classes, find_classes
from skeletonllm.evaluation.training_clips import (
    check_training_clips,
    name_training_views,
    select_training_clips,
)
from skeletonllm.licences import get_licence
from skeletonllm.rationales.teachers.online import TeacherSettings, converse, to_answer_rows
from skeletonllm.rejects import Reject, isolate_clip
from skeletonllm.storage import (
    Plan,
    Unit,
    count_rows,
    join,
    read_table,
    sha256_of,
    write_table,
)
from skeletonllm.storage.layout import PARTS
from skeletonllm.views.view import EVERY_CLIP, NamedView
from skeletonllm.visualization.frames import make_config, make_renderer
from skeletonllm.visualization.teacher_pictures import (
    RECIPE_VERSION,
    PictureRecipe,
    describe_colours,
    describe_persons,
    draw_teacher_pictures,
)

STAGE, VERSION = ASKED, "1"


@dataclass(frozen=True)
class AnswersConfig:
    """Who is asked about what.

    Args:
        clips: Finished ``normalize`` folders.
        output: Folder to write.
        teacher: Whom to ask, and how.
        endpoint: Where and how hard.
        protocols: Whose training clips are asked about; all labelled ones without any.
        allow_upload: Corpora that may leave this machine though their licence forbids to pass
            them on.
        reuse: Finished folders of answers, looked into before anything is asked.
    """

    clips: tuple[str, ...]
    output: str
    teacher: TeacherSettings
    endpoint: EndpointSettings
    protocols: tuple[str, ...] = ()
    allow_upload: tuple[str, ...] = ()
    reuse: tuple[str, ...] = ()

    @property
    def views(self) -> tuple[NamedView, ...]:
        """Whose training clips are asked about."""
        return name_training_views(self.protocols)

    @property
    def talks_a_clip(self) -> int:
        """Conversations about each clip."""
        return self.teacher.variants * self.teacher.samples


def ask_teacher(config: AnswersConfig) -> dict[str, Any]:
    """Run the stage; return its manifest, with ``counts`` of answers, tokens and dollars.

    Raises:
        UsageError: A corpus may not be sent there, or a protocol has no training clip here.
        EndpointError: Nothing can be asked any more; the same command goes on later.
    """
    check_upload(config)
    check_training_clips(config.clips, config.views)
    plan = make_plan(config)
    classes = find_candidates(config)
    clips = sum(count_rows(unit.inputs[0]) for unit in plan.units)
    asker = AskerConfig(config.endpoint, config.output, config.reuse)
    work = partial(ask_unit, config=config, classes=classes)
    return run_asking(plan, asker, clips * config.talks_a_clip, work)


def open_teacher(
    endpoint: EndpointSettings, sampling: Sampling, asked: Mapping[str, Any]
) -> TeacherSettings:
    """Whom to ask, with the hash of the renderer's weights.

    Args:
        endpoint: Names the endpoint and the model.
        sampling: How answers are drawn.
        asked: Other fields of :class:`TeacherSettings`.

    Raises:
        UsageError: There is no file of weights.
    """
    weights = asked.get("weights")
    named = None if weights is None else sha256_of(weights)[0]
    return TeacherSettings(
        base_url=endpoint.base_url,
        model=endpoint.model,
        sampling=sampling,
        weights_sha256=named,
        **asked,
    )


def make_plan(config: AnswersConfig) -> Plan:
    """What the answers depend on; not how hard is asked, nor the budget.

    Args:
        config: The stage.
    """
    views = {view.name: view.sha256 for view in config.views}
    settings = {
        "clips": lineage(config.clips),
        "teacher": {**config.teacher.to_json(), "pictures": RECIPE_VERSION},
        "views": views,
        "allow_upload": sorted(config.allow_upload),
    }
    return Plan(STAGE, VERSION, settings, clip_units(config.clips))


def check_upload(config: AnswersConfig) -> None:
    """Refuse to send clips that may not be passed on to a machine that is not this one.

    Raises:
        UsageError: Names the corpus, its licence and the flag that allows it.
    """
    if config.endpoint.is_local:
        return
    for unit in clip_units(config.clips):
        table = read_table(unit.inputs[0], ["corpus", "licence"], CLIP)
        for row in table.group_by(["corpus", "licence"]).aggregate([]).to_pylist():
            licence = get_licence(row["licence"])
            if licence.redistribute == "no" and row["corpus"] not in config.allow_upload:
                raise UsageError(
                    f"clips of {row['corpus']} may not be passed on (licence {licence.id}), and "
                    f"{config.endpoint.base_url} is not this machine",
                    hint=f"If its terms let you send it there: --allow-upload {row['corpus']}.",
                )


def ask_unit(unit: Unit, *, config: AnswersConfig, classes: Classes, asker: Any) -> None:
    """Write all answers about the clips of one part, in their order.

    Args:
        unit: A part of clips.
        config: The stage.
        classes: Labels to choose from, as :func:`find_candidates` gives them.
        asker: Handle of the job's asker.
    """
    clips, rejects = read_unit(unit, STAGE)
    views = find_views(clips, config.views)
    asked = [clip for clip in clips if clip.clip_id in views]
    rows: dict[tuple[str, int, int], list[dict[str, Any]]] = {}
    most = share_talks(config.endpoint.concurrency)
    talks = begin_talks(asked, config.teacher, rejects, views, classes)
    for talk, turns in hold_talks(talks, asker, most, STAGE, rejects):
        view = ", ".join(name for name, _ in views[talk.about.clip_id])
        rows[talk.about.clip_id, talk.variant, talk.sample] = to_answer_rows(
            talk.about, talk.variant, talk.sample, turns, view
        )
    place = {clip.clip_id: i for i, clip in enumerate(clips)}
    ordered = sorted(rows, key=lambda key: (place[key[0]], *key[1:]))
    table = pa.Table.from_pylist([row for key in ordered for row in rows[key]], ANSWER.arrow)
    # A clip that nobody can be asked about fails in each of its conversations: told once.
    refused = sorted(set(rejects), key=lambda r: (r.source_uri, r.message))
    write_rejects(config.output, unit, refused)
    write_table(join(config.output, PARTS, f"{unit.part}.parquet"), table)


def find_views(
    clips: Sequence[Clip], views: Sequence[NamedView]
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Clip id -> name and hash of each view that asks about it; a clip that none does is absent.

    Without a protocol all clips are asked about, so that one without a label becomes a reject.

    Args:
        clips: Of one part.
        views: Whose training clips.
    """
    if tuple(views) == (EVERY_CLIP,):
        return {clip.clip_id: ((EVERY_CLIP.name, ""),) for clip in clips}
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for named in views:
        for clip in select_training_clips(clips, named.view):
            mine = (named.name, named.view.sha256)
            found[clip.clip_id] = (*found.get(clip.clip_id, ()), mine)
    return found


def find_candidates(config: AnswersConfig) -> Classes:
    """The labels to choose from where the label is hidden, by view and namespace; else none.

    Args:
        config: The stage.
    """
    return find_classes(config.clips, config.views) if config.teacher.hide_label else {}


def begin_talks(
    clips: Sequence[Clip],
    teacher: TeacherSettings,
    rejects: list[Reject],
    views: Mapping[str, Sequence[tuple[str, str]]],
    classes: Classes,
) -> Iterator[Talk[Clip]]:
    """All conversations, each clip drawn when its first one is asked for.

    Args:
        clips: About whom.
        teacher: Whom to ask, and what to show.
        rejects: Grows by the clips that cannot be drawn.
        views: Of each clip, as :func:`find_views` gives them.
        classes: Labels to choose from, as :func:`find_candidates` gives them.
    """
    recipe = PictureRecipe(**teacher.to_recipe())
    config = make_config("body", "fit", teacher.size, len(clips) * teacher.frames)
    renderer = make_renderer(config, teacher.weights)
    legend = describe_colours(renderer)
    for clip in clips:
        pictures = None
        with isolate_clip(clip, STAGE, rejects):
            pictures = draw_teacher_pictures(clip, recipe, renderer)
            shown = f"{legend} {describe_persons(clip, recipe, renderer)}".strip()
        if pictures is None:
            continue
        for variant in range(teacher.variants):
            for sample in range(teacher.samples):
                told = converse(
                    clip,
                    teacher,
                    pictures,
                    shown,
                    variant=variant,
                    sample=sample,
                    candidates=_choose(clip, views, classes),
                )
                yield Talk(clip, variant, sample, told)


def _choose(
    clip: Clip, views: Mapping[str, Sequence[tuple[str, str]]], classes: Classes
) -> tuple[str, ...]:
    """The classes that all views of a clip show, so that none of them names an unseen one."""
    if not classes:
        return ()
    namespace = clip.label_namespace or ""
    shown = [classes[name].get(namespace, ()) for name, _ in views[clip.clip_id]]
    return tuple(name for name in shown[0] if all(name in names for names in shown))
