"""A release -> DrAction -> a multimodal LLM: train the renderer by what the model fails to see."""

from __future__ import annotations

from dataclasses import dataclass, fields

from jobs.common import cluster, run_job, show
from skeletonllm.defaults import TINY

OF_STAGE = "freeze steps batch_size num_frames size lr seed permute_motions".split()
OF_RUN = "release output model renderer workers gpu threads save_every protocol".split()


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this job. Numbers that are not given come from the published recipe."""

    release: str
    """Folder of one version of a release."""
    output: str
    """Folder to write; the same command goes on where a killed one stopped."""
    model: str = TINY
    """tiny (random, learns in a minute on a CPU), or the folder or repository of a checkpoint."""
    renderer: str = "draction"
    """draction, or a baseline that does not learn; then the projector learns to read it."""
    stage: str = "warm_up"
    """Stage of the paper; warm_up trains DrAction and the projector."""
    freeze: tuple[str, ...] = ()
    """Parameters of DrAction that stay as they are, for example 'view.*' appearance.colour."""
    steps: int | None = None
    """Optimizer steps."""
    batch_size: int | None = None
    """Clips a worker and step."""
    num_frames: int | None = None
    """Frames of each clip."""
    size: int | None = None
    """Side of a frame in pixels."""
    lr: float | None = None
    """Peak learning rate of the networks."""
    protocol: str | None = None
    """Published protocol that says what is held out, for example ntu60/55-5."""
    held_out_classes: tuple[str, ...] = ()
    """Classes never seen nor named in training."""
    held_out_subjects: tuple[str, ...] = ()
    """Subjects never seen in training."""
    corpora: tuple[str, ...] = ()
    """Corpora to train on; all if none is named."""
    permute_motions: bool = False
    """Control: exchange the motions within each batch; nothing should be learned then."""
    seed: int = 0
    """Of weights, order and frames."""
    workers: int = 1
    """Processes that train together."""
    gpu: bool = False
    """Give each of them a GPU."""
    threads: int = 1
    """Threads of torch a worker."""
    save_every: int = 0
    """Steps between checkpoints; 0 saves at the end only."""


def main(flags: Flags) -> int:
    """Train on a release; everything but the renderer and the projector stays frozen."""
    from skeletonllm.evaluation.hold_out import HoldOut
    from skeletonllm.training import get_stage

    asked = vars(flags)
    stage = get_stage(flags.stage, tiny=flags.model == TINY, **{n: asked[n] for n in OF_STAGE})
    view = HoldOut(**{f.name: asked[f.name] for f in fields(HoldOut)}).train_view(flags.release)
    from pipelines.train import TrainConfig, train_model  # torch, once all that is asked for exists

    with cluster():
        report = train_model(TrainConfig(stage=stage, view=view, **{n: asked[n] for n in OF_RUN}))
    rows = {name: report[name] for name in "renderer clips steps loss_first loss_last".split()}
    show(f"train {flags.stage}", rows, f"checkpoint: {flags.output}/checkpoint", report["damaged"])
    return 0


if __name__ == "__main__":
    raise SystemExit(run_job(main, Flags))
