"""Defaults that the command line shows in its help. This file imports nothing, so help is quick."""

from __future__ import annotations

TINY = "tiny"
"""The model that needs no download: random weights, for demos and tests."""

TOLERANCE_M = 0.005
"""Distance of two profiles' positions that counts as none: float16, which some origins store, is
this coarse at 4 m."""

TRIED = 3
"""Sources that each reader reads to tell a corpus: the first ones without a fault."""

SMALL = "small"
"""The offline model that was trained elsewhere: photographs and words, in the extra `small`."""

SMALL_RANDOM = "small_random"
"""The same with a language model that never read a text: a control of zero-shot."""
