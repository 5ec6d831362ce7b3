from pathlib import Path

from skeletonllm.corpora.reader import get_reader, read_clips
from skeletonllm.errors import REJECT_CODES
from skeletonllm.synthesis import GOOD_WITH_GAPS, write_bad_files


def test_every_bad_file_is_bad_in_the_way_it_says(tmp_path: Path) -> None:
    codes = write_bad_files(tmp_path)
    assert set(codes.values()) <= set(REJECT_CODES)
    assert {p.name for p in tmp_path.iterdir()} == {*codes, GOOD_WITH_GAPS}
    reader = get_reader("ntu_rgbd")
    found = {}
    for source in reader.sources(str(tmp_path)):
        clips, rejects = read_clips(reader, source)
        assert len(clips) + len(rejects) == 1
        found[Path(source.uri).name] = [reject.code for reject in rejects]
    assert found == {name: [code] for name, code in codes.items()} | {GOOD_WITH_GAPS: []}


def test_the_good_file_misses_a_few_joints(tmp_path: Path) -> None:
    write_bad_files(tmp_path)
    reader = get_reader("ntu_rgbd")
    (source,) = [s for s in reader.sources(str(tmp_path)) if s.uri.endswith(GOOD_WITH_GAPS)]
    (clip,), _ = read_clips(reader, source)
    missing = float((clip.motion.confidence == 0).mean())
    assert 0.02 < missing < 0.03


def test_a_second_writing_changes_nothing(tmp_path: Path) -> None:
    assert write_bad_files(tmp_path) == write_bad_files(tmp_path)
