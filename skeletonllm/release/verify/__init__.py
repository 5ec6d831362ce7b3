"""What a release proves of itself: every byte, column, number and reference is made again.

``docs/RELEASES.md`` says what is proved, and what cannot be.
"""

from skeletonllm.release.verify.files import count_stated
from skeletonllm.release.verify.inspection import Verification, inspect_release, verify_release
from skeletonllm.release.verify.tables import TABLES

__all__ = ["TABLES", "Verification", "count_stated", "inspect_release", "verify_release"]
