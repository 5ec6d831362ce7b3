"""Flags of training, and the runs that they ask for."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from skeletonllm.defaults import TINY
from skeletonllm.errors import UsageError

if TYPE_CHECKING:
    from pipelines.train import TrainConfig
    from skeletonllm.training.stages import TrainingStage

OF_STAGE = (
    "task objective draws freeze epochs steps batch_size num_frames size lr geometry_lr seed "
    "permute_motions foreground"
).split()
OF_RUN = (
    "release output protocol start dtype attention renderer formula camera renderer_weights "
    "workers gpu threads micro_batch checkpoint_activations save_every save_minutes max_failures"
).split()


OF_START = "system dtype attention renderer formula camera".split()
"""What a checkpoint decides for the stages behind it."""


@dataclass(frozen=True, kw_only=True)
class TrainFlags:
    """Flags of this job. Numbers that are not given come from the recipe."""

    release: str
    """Folder of one version of a release."""
    output: str
    """Folder to write; the same command goes on where a killed one stopped."""
    model: str | None = None
    """tiny (random, learns in a minute on a CPU; the default), small (it knows photographs and
    words; extra small), or the folder or repository of a checkpoint."""
    stage: str = "warm_up"
    """One stage of the paper: warm_up, discriminate, distill or refine."""
    stages: tuple[str, ...] = ()
    """Several stages in a row instead, each from the one before, in folders 1-warm_up, ..."""
    start: str | None = None
    """Checkpoint of an earlier stage to start from; it says what model and renderer are."""
    recipe: Literal["ours", "paper"] = "ours"
    """paper trains as the released scripts do, prompts and candidate order included."""
    task: str | None = None
    """What is asked about a clip: recognition, naming, discrimination, rationale, caption, question
    or published_recognition. Each stage has its own."""
    objective: Literal["answers", "words"] | None = None
    """What is made small: answers, the loss of the language model; or words, how unlike the
    answer's words the visual tokens of small are, which costs no language model."""
    renderer: str = "draction"
    """draction, or a baseline that does not learn; then the projector learns to read it."""
    formula: str = "body"
    """How DrAction draws: body, or published."""
    camera: Literal["fit", "sensor"] = "fit"
    """fit frames the whole clip; sensor stands where the recording one stood."""
    renderer_weights: str | None = None
    """File of DrAction's first weights, such as a released one; it says formula and camera."""
    freeze: tuple[str, ...] = ()
    """Parameters of DrAction that stay as they are, for example 'view.*' appearance.colour."""
    epochs: float | None = None
    """Times that each question about each clip is learned from."""
    draws: int | None = None
    """Choices of frames and augmentation of each clip, which come again; a new one each epoch, if
    not given. What small sees of them behind a fixed renderer is kept in ~/.cache/skeletonllm."""
    steps: int | None = None
    """Optimizer steps, instead of epochs."""
    batch_size: int | None = None
    """Clips of an optimizer step, of all workers together."""
    micro_batch: int | None = None
    """Clips of a worker that go through the model at once: the first knob for too little memory;
    no gradient changes by it. All of its clips, if not given."""
    checkpoint_activations: bool = False
    """Compute activations twice instead of keeping them: the second knob."""
    foreground: bool = False
    """Show the language model only the visual tokens in which something was drawn."""
    num_frames: int | None = None
    """Frames of each clip."""
    size: int | None = None
    """Side of a frame in pixels."""
    lr: float | None = None
    """Peak learning rate of the networks."""
    geometry_lr: float | None = None
    """Peak learning rate of lengths and angles of DrAction."""
    augment: tuple[str, ...] = ()
    """Changes of motions in 3D, such as yaw=30 mirror=0.5 noise=0.01; docs/AUGMENTATION.md."""
    protocol: str | None = None
    """Published protocol that says what is held out, for example ntu60/55-5."""
    held_out_classes: tuple[str, ...] = ()
    """Classes never seen nor named in training."""
    held_out_subjects: tuple[str, ...] = ()
    """Subjects never seen in training."""
    corpora: tuple[str, ...] = ()
    """Corpora to train on; all if none is named."""
    mix: tuple[str, ...] = ()
    """Corpora, or topology:NAME, with weights, such as nw_ucla=2 utd_mhad=1: one joint training in
    which each clip of the first comes twice an epoch."""
    allow_all_negatives: bool = False
    """Take hard negatives mined from all labelled clips, where there are none of this view."""
    permute_motions: bool = False
    """Control: exchange the motions within each batch; nothing should be learned then."""
    seed: int = 0
    """Of weights, order and all that is drawn for a clip."""
    dtype: Literal["float32", "bfloat16"] | None = None
    """Of frozen weights; what is trained is float32. bfloat16 on GPUs if not given."""
    attention: Literal["sdpa", "flash_attention_2", "eager"] = "sdpa"
    """How attention is computed."""
    workers: int = 1
    """Processes that train together; another number goes on with the same run."""
    gpu: bool = False
    """Give each of them a GPU."""
    threads: int = 1
    """Threads of torch a worker."""
    dry_run: bool = False
    """Say what would be trained, and what a worker would hold in memory; train nothing."""
    save_every: int = 0
    """Steps between checkpoints, beside --save-minutes."""
    save_minutes: float = 10.0
    """Minutes between checkpoints; 0 for none but the last."""
    max_failures: int = 3
    """How often workers that died are started again by themselves."""


def make_configs(flags: TrainFlags) -> list[TrainConfig]:
    """The runs that are asked for, in their order.

    Raises:
        UsageError: Flags that contradict each other, or name what there is not.
    """
    from pipelines.train import TrainConfig, chain_stages
    from skeletonllm.evaluation.hold_out import HoldOut
    from skeletonllm.prompts.published import PUBLISHED_SYSTEM

    asked = vars(flags)
    stages = list_stages(flags)
    hold_out = HoldOut(**{f.name: asked[f.name] for f in fields(HoldOut)})
    of_run = {name: asked[name] for name in OF_RUN}
    of_run["model"] = flags.model or TINY
    of_run["system"] = PUBLISHED_SYSTEM if flags.recipe == "paper" else None
    first = TrainConfig(
        stage=stages[0],
        view=hold_out.train_view(flags.release),
        mix=parse_mix(flags.mix),
        allow_all=flags.allow_all_negatives,
        **(of_run | _read_start(flags.start)),
    )
    return chain_stages(first, stages) if flags.stages else [first]


def list_stages(flags: TrainFlags) -> list[TrainingStage]:
    """The stages that are asked for, with all their numbers.

    Raises:
        UsageError: A stage that there is not, or a number that is impossible.
    """
    from skeletonllm.augmentation import Augmentation
    from skeletonllm.training import get_stage

    asked = vars(flags)
    given = {name: asked[name] for name in OF_STAGE}
    if flags.augment:
        given["augmentation"] = Augmentation.parse(flags.augment)
    names = flags.stages or (flags.stage,)
    model = str(_read_start(flags.start).get("model", flags.model or TINY))
    return [get_stage(name, model=model, recipe=flags.recipe, **given) for name in names]


def parse_mix(words: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """Corpora or topologies with their weights.

    Raises:
        UsageError: Not ``NAME=WEIGHT``.

    Example:
        >>> parse_mix(("nw_ucla=2", "utd_mhad=0.5"))
        (('nw_ucla', 2.0), ('utd_mhad', 0.5))
    """
    pairs = []
    for word in words:
        name, _, weight = word.rpartition("=")
        try:
            pairs.append((name, float(weight)))
        except ValueError:
            name = ""
        if not name:
            raise UsageError(f"--mix {word}", expected="NAME=WEIGHT, such as nw_ucla=2")
    return tuple(pairs)


def _read_start(start: str | None) -> dict[str, Any]:
    """What a checkpoint says of the model that a stage goes on with."""
    if start is None:
        return {}
    from skeletonllm.training.checkpoints.state import read_header

    spec = read_header(start)["owner"]["model"]
    return {"model": spec["source"], **{name: spec[name] for name in OF_START}}
