"""Names of earlier versions, read for one version more, each with a sentence that names the new."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

FORMULAS = {"ours": "body", "paper": "published"}
"""What the renderer's profiles are called as formulas."""
CAMERAS = {"paper": "sensor"}

_log = logging.getLogger(__name__)


def translate_profile(profile: str) -> str:
    """The formula that a value of the old flag ``--profile`` of ``render`` means; a warning."""
    formula = FORMULAS[profile]
    _log.warning("--profile %s is now --formula %s; say so from now on", profile, formula)
    return formula


def translate_camera(camera: str) -> str:
    """The camera's name of today; a warning if it was an old one."""
    if camera not in CAMERAS:
        return camera
    _log.warning("camera %r is now called %r; say so from now on", camera, CAMERAS[camera])
    return CAMERAS[camera]


def translate_config(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Names of today for fields of :class:`DrActionConfig` that a file of any version holds."""
    kept = dict(fields)
    kept["camera"] = CAMERAS.get(kept["camera"], kept["camera"])
    if "profile" in kept:
        kept["formula"] = FORMULAS[kept.pop("profile")]
    return kept
