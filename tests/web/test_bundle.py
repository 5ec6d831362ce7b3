"""The bundle of the page: it is what the sources give, and says whose work it holds."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
WEB, BUNDLE = REPO / "web", REPO / "skeletonllm/viewer/bundle"
NAMES = ("LICENSES.txt", "app.css", "app.js")


def test_the_bundle_is_three_files() -> None:
    assert sorted(path.name for path in BUNDLE.iterdir()) == list(NAMES)


def test_every_library_of_the_bundle_has_its_licence_there() -> None:
    text = (BUNDLE / "LICENSES.txt").read_text()
    told = set(re.findall(r"^Name: (.+)$", text, re.MULTILINE))
    assert set(json.loads((WEB / "package.json").read_text())["dependencies"]) <= told
    assert text.count("License Text:") == len(re.findall(r"^Name: ", text, re.MULTILINE))


def test_versions_are_exact_and_no_registry_is_named() -> None:
    package = json.loads((WEB / "package.json").read_text())
    versions = [*package["dependencies"].values(), *package["devDependencies"].values()]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
    lock = json.loads((WEB / "package-lock.json").read_text())
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]


def test_the_script_makes_no_code_out_of_text_and_names_no_map() -> None:
    script = (BUNDLE / "app.js").read_text()
    assert not re.search(r"\beval\(|new Function\(|sourceMappingURL|\bimport\(", script)


def test_the_sources_give_the_bundle_byte_for_byte(tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("needs npm: apt-get install npm")
    if not (WEB / "node_modules").is_dir():
        pytest.skip("needs the libraries: make web")
    before = {name: (BUNDLE / name).read_bytes() for name in NAMES}
    command = ["npm", "run", "build", "--silent", "--", "--outDir", str(tmp_path)]
    subprocess.run(command, cwd=WEB, check=True, capture_output=True)
    after = {name: (tmp_path / name).read_bytes() for name in NAMES}
    assert [name for name in NAMES if before[name] != after[name]] == []
