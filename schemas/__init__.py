"""What is on disk between stages. Imports nothing of ours; everything else imports it."""

from schemas.annotation import ANNOTATION
from schemas.answer import ANSWER
from schemas.base import Column, TableSchema
from schemas.clip import CLIP, REJECT
from schemas.clip_negative import CLIP_NEGATIVE
from schemas.negative import ALL_CLIPS, NEGATIVE
from schemas.prediction import PREDICTION
from schemas.quality import DUPLICATE, QUALITY
from schemas.question import QUESTION
from schemas.rationale import RATIONALE
from schemas.release import RELEASE_VERSION, manifest_faults
from schemas.response import RESPONSE
from schemas.sample import SAMPLE

__all__ = [
    "ALL_CLIPS",
    "ANNOTATION",
    "ANSWER",
    "CLIP",
    "CLIP_NEGATIVE",
    "DUPLICATE",
    "NEGATIVE",
    "PREDICTION",
    "QUALITY",
    "QUESTION",
    "RATIONALE",
    "REJECT",
    "RELEASE_VERSION",
    "RESPONSE",
    "SAMPLE",
    "Column",
    "TableSchema",
    "manifest_faults",
]
