"""Flags that take several take them in every form, in every verb; none is dropped in silence."""

from __future__ import annotations

import importlib
from dataclasses import MISSING, Field, fields
from typing import Any, get_type_hints

import pytest
import tyro

from jobs import build_shards, compare_profiles, quality
from jobs.arguments import merge_repeated, repeatable
from jobs.cli import VERBS
from jobs.common import run_job

FLAGS = {verb: importlib.import_module(module).Flags for verb, (module, _) in VERBS.items()}
SEVERAL = [(verb, name) for verb, flags in FLAGS.items() for name in repeatable(flags)]
FORMS = {
    "once": ["{} a b c"],
    "repeated": ["{} a", "{} b", "{} c"],
    "mixed": ["{} a b", "{}=c"],
    "equals": ["{}=a", "{}=b", "{}=c"],
}


def _is_positional(flags: type[Any], name: str) -> bool:
    return tyro.conf.Positional[str].__metadata__[0] in getattr(
        get_type_hints(flags, include_extras=True)[name], "__metadata__", ()
    )


def _required(flags: type[Any]) -> dict[str, Field[Any]]:
    return {f.name: f for f in fields(flags) if f.default is MISSING}


def _others(flags: type[Any], name: str) -> tuple[list[str], list[str]]:
    """Positional arguments, and flags, that a verb needs beside one."""
    places, named = [], []
    for other in _required(flags):
        if _is_positional(flags, other):
            places.append("somewhere")
        elif other != name:
            named += [f"--{other}", "else"]
    return places, named


def test_every_field_of_any_length_is_found() -> None:
    """By the text of the annotations: what `repeatable` does not know would drop values."""
    written = [
        (verb, field.name)
        for verb, flags in FLAGS.items()
        for field in fields(flags)
        if "tuple[" in str(field.type) and "..." in str(field.type)
        if not _is_positional(flags, field.name)
    ]
    assert written == SEVERAL
    names = {name for _, name in SEVERAL}
    assert names >= {"clips", "missing_list", "freeze", "held_out_classes", "classes", "compare"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("verb", "name"), SEVERAL)
@pytest.mark.parametrize("dash", "-_")
def test_several_in_every_form(verb: str, name: str, form: str, dash: str) -> None:
    flags = FLAGS[verb]
    places, named = _others(flags, name)
    flag = f"--{name.replace('_', dash)}"
    first, *more = [part.format(flag).split() for part in FORMS[form]]
    argv = [*places, *first, *named, *(word for part in more for word in part)]
    parsed = tyro.cli(flags, args=merge_repeated(flags, argv))
    assert getattr(parsed, name) == ("a", "b", "c")


def test_a_job_is_run_with_all_of_them() -> None:
    seen: list[build_shards.Flags] = []
    argv = "--clips a --output o --clips b c --workers 1 --clips=d".split()
    assert run_job(lambda flags: seen.append(flags) or 0, build_shards.Flags, argv) == 0
    assert seen == [build_shards.Flags(clips=("a", "b", "c", "d"), output="o", workers=1)]


def test_what_has_a_place_keeps_it() -> None:
    argv = ["a", "b", "--output", "o"]
    assert merge_repeated(quality.Flags, argv) == argv
    argv = ["files", "clean", "raw", "--tolerance", "-1"]
    assert merge_repeated(compare_profiles.Flags, argv) == argv


def test_what_follows_two_dashes_and_numbers_below_zero_are_values() -> None:
    flags = FLAGS["train"]
    argv = "--corpora a --lr -3 --corpora -1 -- --corpora".split()
    assert merge_repeated(flags, argv) == "--corpora a -1 --lr -3 -- --corpora".split()
