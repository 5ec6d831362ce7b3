"""One local Ray for all tests of the jobs, shared with those of the pipelines."""

from tests.pipelines.conftest import local_ray

__all__ = ["local_ray"]
