"""A page out of made data: what `skeletonllm.viewer` does with a release."""

from __future__ import annotations

import io

from skeletonllm.viewer.blocks import write_element
from skeletonllm.viewer.page import load_bundle, make_bottom, make_top
from tests.web.made_data import PageData


def make_html(data: PageData) -> str:
    """One HTML file with the bundle of this checkout."""
    bundle, file = load_bundle(), io.BytesIO()
    for name, block in data.blocks.items():
        write_element(file, name, block)
    top = make_top(data.head["title"], data.head["overview"]["facts"], bundle, served=False)
    return top + file.getvalue().decode() + make_bottom(data.head, bundle)
