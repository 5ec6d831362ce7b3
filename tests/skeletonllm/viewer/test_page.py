from __future__ import annotations

import base64
import hashlib
import json

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.viewer.page import Bundle, load_bundle, make_bottom, make_top, write_inert
from tests.skeletonllm.viewer.conftest import BUNDLE
from tests.skeletonllm.viewer.page_reader import Page

NASTY = "</script><script>alert(1)</script><!-- & \u2028 '\""


def page(title: str = "t", *, served: bool = False) -> Page:
    top = make_top(title, [["clips", NASTY]], BUNDLE, served=served)
    return Page(top + make_bottom({"title": NASTY}, BUNDLE))


def test_the_policy_allows_this_script_this_style_and_nothing_else() -> None:
    rules = dict(rule.split(" ", 1) for rule in page().policy.split("; "))
    digest = base64.b64encode(hashlib.sha256(BUNDLE.script.encode()).digest()).decode()
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert rules["style-src"].startswith("'sha256-")
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert "connect-src" not in rules
    assert "unsafe" not in page().policy


def test_only_a_served_page_may_ask_its_server() -> None:
    assert "connect-src 'self'" in page(served=True).policy


def test_texts_of_the_data_are_text() -> None:
    found = page(NASTY)
    scripts = [attrs.get("type") for tag, attrs in found.elements if tag == "script"]
    assert scripts == ["application/json", "module"]
    assert found.head["title"] == NASTY
    assert found.texts["script"].strip() == BUNDLE.script
    assert not {"onclick", "style", "src", "href"} & {
        a for _, attrs in found.elements for a in attrs
    }


def test_who_runs_no_script_reads_the_facts() -> None:
    tags = [tag for tag, _ in page().elements]
    assert {"noscript", "h1", "table"} <= set(tags)
    assert NASTY in page().texts["td"]


def test_json_in_a_page_is_json() -> None:
    text = write_inert({"a": NASTY})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": NASTY}


@pytest.mark.parametrize("script", ["x = '</script>'", "x = '<!--'", "x = '</SCRIPT'"])
def test_a_bundle_that_would_end_its_element_is_refused(script: str) -> None:
    with pytest.raises(UsageError, match="app.js"):
        Bundle(script, "")


def test_this_package_carries_a_bundle() -> None:
    assert "sk-head" in load_bundle().script
