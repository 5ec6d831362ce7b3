"""A release -> DrAction -> a multimodal LLM: train the renderer by what the model fails to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.common import cluster, run_job, show
from jobs.train_flags import TrainFlags, make_configs

if TYPE_CHECKING:
    from pipelines.train import TrainConfig


@dataclass(frozen=True, kw_only=True)
class Flags(TrainFlags):
    """Flags of this job. Numbers that are not given come from the recipe."""


def main(flags: Flags) -> int:
    """Train on a release; everything but the parts of the stage stays frozen."""
    configs = make_configs(flags)
    if flags.dry_run:
        return show_estimates(configs)
    for config in configs:
        config.open_stream()  # a later stage may lack what the first does not need
    from pipelines.train import train_model  # torch, once all that is asked for exists

    for config in configs:
        with cluster():
            report = train_model(config)
        rows = {name: report[name] for name in "renderer clips steps loss_first loss_last".split()}
        checkpoint = f"checkpoint: {config.output}/checkpoint"
        show(f"train {config.stage.name}", rows, checkpoint, report["damaged"])
    return 0


def show_estimates(configs: list[TrainConfig]) -> int:
    """Print what a worker of each run would hold."""
    from pipelines.train.dry_run import estimate_config

    for config in configs:
        title = f"train {config.stage.name}: what a worker would take"
        show(title, estimate_config(config).describe())
    return 0


if __name__ == "__main__":
    raise SystemExit(run_job(main, Flags))
