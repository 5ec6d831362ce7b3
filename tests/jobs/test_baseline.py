"""The verb: what it prints of a small release, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import baseline, cli
from skeletonllm.corpora.toolkit import labels
from skeletonllm.evaluation.baselines.registry import BASELINES
from skeletonllm.testing.releases import damage_clip, write_manifest
from tests.pipelines.test_baselines import make, write

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.data.context")

FEW = labels.names("nw_ucla")[-4:]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> str:
    clips = [make(name, who, camera) for camera in "13" for name in FEW for who in (1, 2)]
    folder = write(tmp_path_factory.mktemp("whole") / "release", clips)
    damage_clip(folder, clips[0].clip_id)
    return write_manifest(folder)


def test_the_table_has_the_controls_and_the_folder_has_both_files(
    release: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = str(tmp_path / "out")
    asked = ["baseline", "ridge", "--release", release, "--protocol", "nw_ucla/xview"]
    assert cli.main([*asked, "--output", output]) == 0
    said = capsys.readouterr().out
    assert "ridge on nw_ucla/xview of nw_ucla" in said
    assert "over 2 subjects" in said
    assert "names shuffled" in said
    assert "left out of training: 1 clips" in said
    assert "not judged" not in said
    made = {path.name for path in Path(output).iterdir()}
    assert {"evaluation.json", "predictions.parquet", "manifest.json"} <= made
    assert cli.main([*asked[:-1], "nw_ucla/5-5", "--output", output]) == 2
    assert "Nothing was overwritten" in capsys.readouterr().err


def test_every_baseline_can_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["baseline", "--help"])
    said = capsys.readouterr().out
    assert all(name in said for name in BASELINES)
    assert baseline.Flags.__dataclass_fields__.keys() >= {"release", "protocol", "output", "texts"}
