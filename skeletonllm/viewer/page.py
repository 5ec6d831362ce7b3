"""The one HTML file: the bundle of scripts and styles, the data, and a policy that forbids more.

Nothing in the page asks for anything from anywhere: the policy allows the script and the style of
the bundle by their hashes, and pictures that lie in the page. Served from this machine it may also
ask the server it came from.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from skeletonllm.errors import UsageError

_BUNDLE = "skeletonllm.viewer"
_MISSING = "Install a whole skeletonllm: `web/README.md` says how the bundle is built."
_ENDS = ("</script", "<!--", "</style")
"""What would end the element that holds a script or a style."""


@dataclass(frozen=True)
class Bundle:
    """The built application.

    Args:
        script: Of ``app.js``.
        style: Of ``app.css``.
    """

    script: str
    style: str

    def __post_init__(self) -> None:
        for text, name in ((self.script, "app.js"), (self.style, "app.css")):
            found = [end for end in _ENDS if end in text.lower()]
            if found:
                raise UsageError(f"the bundle holds {found}", where=name, hint="Build it again.")


@cache
def load_bundle() -> Bundle:
    """The bundle that this package carries.

    Raises:
        UsageError: It carries none.
    """
    folder = files(_BUNDLE).joinpath("bundle")
    try:
        texts = [folder.joinpath(n).read_text("utf-8") for n in ("app.js", "app.css")]
    except FileNotFoundError:
        raise UsageError("no bundle", where="skeletonllm/viewer/bundle", hint=_MISSING) from None
    return Bundle(*texts)


def make_top(title: str, facts: Sequence[Sequence[str]], bundle: Bundle, *, served: bool) -> str:
    """All of a page above its blocks.

    Args:
        title: Of the window.
        facts: Names and values, for who runs no scripts.
        bundle: The application.
        served: Whether it comes from a server of this machine.
    """
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_write_policy(bundle, served)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n<style>{bundle.style}</style></head>\n<body>\n"
        f'<div id="app"></div>\n<noscript>{_write_plainly(title, facts)}</noscript>\n'
    )


def make_bottom(head: Mapping[str, Any], bundle: Bundle) -> str:
    """All of a page below its blocks: the head of the data, and the script.

    Args:
        head: Plain data.
        bundle: The application.
    """
    return (
        f'<script type="application/json" id="sk-head">{write_inert(head)}</script>\n'
        f'<script type="module">{bundle.script}</script>\n</body></html>\n'
    )


def write_inert(data: Any) -> str:
    """Plain data as JSON that no browser takes for a tag, whatever texts it holds."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text.encode("utf-8", "replace").decode()


def _write_policy(bundle: Bundle, served: bool) -> str:
    rules = {
        "default-src": "'none'",
        "script-src": _hash(bundle.script),
        "style-src": _hash(bundle.style),
        "img-src": "data: blob: 'self'",
        **({"connect-src": "'self'"} if served else {}),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _write_plainly(title: str, facts: Sequence[Sequence[str]]) -> str:
    rows = "".join(f"<tr><th>{escape(n)}</th><td>{escape(v)}</td></tr>" for n, v in facts)
    note = "This page shows motions with a script of its own, which this browser does not run."
    return f"<h1>{escape(title)}</h1><p>{note}</p><table>{rows}</table>"
