"""A page out of packed data and the bundle, as `skeletonllm.viewer` makes it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from pathlib import Path

from tests.web.made_data import PageData

BUNDLE = Path(__file__).resolve().parents[2] / "skeletonllm/viewer/bundle"


def make_html(data: PageData) -> str:
    """One HTML file with a content security policy and no address of anything outside it."""
    script, style = ((BUNDLE / name).read_text() for name in ("app.js", "app.css"))
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "img-src data: blob:"
    )
    head = json.dumps(data.head).replace("<", "\\u003c")
    blocks = "\n".join(
        f'<script type="application/octet-stream" id="sk-blk-{name}">'
        f"{base64.b64encode(block).decode()}</script>"
        for name, block in data.blocks.items()
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(data.head['title'])}</title><style>{style}</style></head>"
        f'<body><div id="sk-app"></div>'
        f'<script type="application/json" id="sk-head">{head}</script>'
        f"<script>{script}</script>\n{blocks}\n</body></html>\n"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
