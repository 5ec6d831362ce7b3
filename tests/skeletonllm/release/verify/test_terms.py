"""Licences that were edited, and terms that nobody registered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skeletonllm import licences as registry
from skeletonllm.licences import Licence
from skeletonllm.release import cut_release, inspect_release, verify_release
from tests.skeletonllm.release.verify.forge import edit_json, edit_manifest, edit_samples, edit_text


def open_terms(licences: dict[str, Any]) -> None:
    licences["nw_ucla"].update(redistribute="yes", url="https://example.org/free")


def test_a_public_release_of_closed_clips_with_edited_licences_is_found(release: Path) -> None:
    edit_json(release, "licences.json", open_terms)
    forged = {"redistribute": "yes", "clips": {"cc-by-4.0": 8, "nw_ucla": 3}}
    edit_manifest(release, lambda m: m.update(audience="public", licences=forged))
    faults = verify_release(str(release))
    assert "licences.json: 'nw_ucla' says redistribute 'yes'; it is 'no'" in faults
    held = "3 clips under 'nw_ucla' (https://example.org/free)"
    assert f"licences.json: a public release holds {held}" in faults
    assert "manifest: licences.redistribute is 'yes'; licences.json gives 'no'" in faults


def test_clips_moved_to_a_freer_licence_are_found_by_what_samples_carry(release: Path) -> None:
    edit_json(
        release,
        "licences.json",
        lambda n: (n["cc-by-4.0"].update(clips=11), n.pop("nw_ucla")),
    )
    faults = verify_release(str(release))
    assert "licences.json: 11 clips under 'cc-by-4.0'; 8 samples carry it" in faults
    assert "licences.json: 0 clips under 'nw_ucla'; 3 samples carry it" in faults


def test_a_sample_of_another_licence_is_found(release: Path) -> None:
    edit_samples(
        release, lambda m: edit_text(m["beta/000"], lambda meta: meta.update(licence="mit"))
    )
    assert verify_release(str(release)) == [
        "licences.json: 0 clips under 'mit'; 1 samples carry it",
        "licences.json: 3 clips under 'nw_ucla'; 2 samples carry it",
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"redistribute": "perhaps"}, "'nw_ucla' does not say its terms"),
        ({"url": None}, "'nw_ucla' does not say its terms"),
        ({"clips": "three"}, "'nw_ucla' does not say how many clips carry it"),
        ({"id": "mit"}, "'nw_ucla' says id 'mit'; it is 'nw_ucla'"),
        (
            {"url": "https://evil.example"},
            "'nw_ucla' says url 'https://evil.example'; it is "
            "'https://wangjiangb.github.io/my_data.html'",
        ),
        ({"grant": "all may redistribute"}, "'nw_ucla' says 'grant', which no release says"),
    ],
)
def test_terms_of_another_form_are_found(release: Path, change: Any, said: str) -> None:
    edit_json(release, "licences.json", lambda n: n["nw_ucla"].update(change))
    assert f"licences.json: {said}" in verify_release(str(release))


def test_terms_that_do_not_name_themselves_are_found(release: Path) -> None:
    edit_json(release, "licences.json", lambda n: n["nw_ucla"].pop("id"))
    assert "licences.json: 'nw_ucla' does not say its id" in verify_release(str(release))


def test_terms_may_be_stricter_than_the_registry(release: Path) -> None:
    edit_json(release, "licences.json", lambda n: n["cc-by-4.0"].update(redistribute="no"))
    assert [f for f in verify_release(str(release)) if f.startswith("licences.json")] == []


def test_a_labs_own_terms_are_taken_as_stated_and_said(
    tmp_path: Path,
    make_stages: Callable[..., Any],
    make_clip: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As the gate takes them: nobody else can know them."""
    terms = Licence("our lab", "https://lab.example", "noncommercial")
    monkeypatch.setitem(registry._REGISTRY, "our lab", terms)
    first = [make_clip("alpha", i, licence="cc-by-4.0") for i in range(3)]
    own = [make_clip("beta", i, licence="our lab", image=True) for i in range(3)]
    stages = make_stages(tmp_path / "stages", first, own)
    monkeypatch.undo()  # registered where the clips were made, and not where they are released
    release = cut_release(str(tmp_path / "root"), "toy", "1.0.0", audience="public", **stages)
    found = inspect_release(release)
    assert found.faults == ()
    said = "3 clips under 'our lab', which is not known here; taken as stated"
    assert f"licences.json: {said}: redistribute noncommercial" in found.findings
