"""A Ray of this machine alone, without what only a cluster needs."""

from __future__ import annotations

import logging
from typing import Any


def start_local_ray(workers: int) -> None:
    """Start Ray here, without a dashboard, an autoscaler or a reader of the workers' logs.

    The autoscaler has no machine to add, and the logs are not passed on (``log_to_driver``). Both
    are processes of their own, which `ray.init` has no word for: they took 2 of the 8 seconds of a
    processor before the first task, and a second by the clock at the end. What is left is Ray's
    own: its servers and agents, and a second of imports in each worker.

    Args:
        workers: CPUs that it may use; 0 takes all of this machine.
    """
    import ray
    from ray._private import parameter

    usual = parameter.RayParams

    def without_spare_processes(*given: Any, **named: Any) -> Any:
        made = usual(*given, **named)
        made.no_monitor, made.include_log_monitor = True, False
        return made

    parameter.RayParams = without_spare_processes
    try:
        ray.init(
            address="local",
            num_cpus=workers or None,
            include_dashboard=False,
            logging_level=logging.ERROR,
            log_to_driver=False,
        )
    finally:
        parameter.RayParams = usual
