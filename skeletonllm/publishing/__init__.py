"""Giving a release away: to a bucket, to the Hugging Face Hub, or as a recipe without motions.

``docs/PUBLISHING.md`` says how, and what each way can and cannot do.
"""

from skeletonllm.publishing.publication import publish
from skeletonllm.publishing.targets import Published

__all__ = ["Published", "publish"]
