"""`skeletonllm view` as a process of its own, asked over a real socket."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest

from jobs import view
from jobs.common import run_job
from jobs.opening import open_paths
from schemas import SAMPLE
from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.release import cut_release
from skeletonllm.shards import read_index, read_sample
from skeletonllm.storage import read_json, sha256_of, write_json
from skeletonllm.viewer.pack import unpack_motion
from tests.skeletonllm.release.conftest import clip, write_stages
from tests.skeletonllm.viewer.page_reader import Page

NASTY = "</script><script>alert(1)</script>"


@contextmanager
def viewing(*paths: str) -> Iterator[int]:
    """The port of a server, until the block ends; then it must end by itself, without error."""
    command = [sys.executable, "-m", "jobs.cli", "view", *paths, "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        assert found, line + (process.stderr.read() if process.stderr else "")
        yield int(found[1])
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, "Traceback" in err) == (0, "stopped\n", False)


def ask(
    port: int, path: str, *, host: str | None = None, method: str = "GET", **headers: str
) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers={"Host": host or f"127.0.0.1:{port}", **names})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body, {name.lower(): value for name, value in answer.getheaders()}


def get(port: int, path: str) -> Any:
    status, body, _ = ask(port, path)
    assert status == 200, body
    return json.loads(body)


def query(port: int, **asked: Any) -> Any:
    return get(port, "/api/query?q=" + quote(json.dumps(asked)))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("view")
    return Path(cut_release(str(root / "r"), "toy", "1.0.0", code="test", **write_stages(root)))


@pytest.fixture(scope="module")
def port(release: Path) -> Iterator[int]:
    with viewing(str(release)) as port:
        yield port


def test_the_page_may_ask_its_own_server_alone(port: int) -> None:
    status, body, headers = ask(port, "/")
    page = Page(body.decode())
    assert status == 200
    assert "connect-src 'self'" in page.policy
    assert page.head["mode"] == "served"
    assert page.head == get(port, "/api/head")
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


def test_queries_rows_texts_and_motions(port: int, release: Path) -> None:
    index = read_index(str(release)).to_pylist()
    found = query(port, where={"label": ["jump up"]}, sort=["seconds", "down"], limit=2)
    assert found["total"] == sum(row["label"] == "jump up" for row in index)
    rows = get(port, "/api/rows?at=" + ",".join(map(str, found["rows"])))["rows"]
    assert [row["label"] for row in rows] == ["jump up", "jump up"]
    assert rows[0]["seconds"] >= rows[1]["seconds"]
    assert query(port, text="left rises")["total"] == 8
    assert get(port, "/api/texts?row=0")["rationales"][0]["teacher"] == "kinematic"
    motion = read_sample(str(release), index[0]).motion
    status, body, headers = ask(port, "/api/motion?row=0&fps=full")
    assert (status, headers["content-type"]) == (200, "application/octet-stream")
    assert abs(unpack_motion(body).positions - motion.joints).max() < 0.001
    assert len(ask(port, "/api/motion?row=0&fps=10")[1]) < len(body)


def test_files_of_the_release_go_out_in_ranges(port: int, release: Path) -> None:
    tar = next((release / "shards").iterdir())
    status, body, headers = ask(port, f"/files/shards/{tar.name}", Range="bytes=512-1023")
    assert (status, body) == (206, tar.read_bytes()[512:1024])
    assert headers["content-range"] == f"bytes 512-1023/{tar.stat().st_size}"
    assert headers["content-disposition"].startswith("attachment")
    assert ask(port, "/files/manifest.json")[1] == (release / "manifest.json").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "/files/../manifest.json",
        "/files/%2e%2e/%2e%2e/etc/passwd",
        "/files//etc/passwd",
        "/files/shards/../../../x",
        "/files/shards",
        "/files/",
        "/files/not-listed.txt",
        "/files/manifest.json%00",
        "/files/" + "a/" * 20_000,
        "/nowhere",
        "/api/motion?row=99999",
        "/api/texts?row=11",
        "/api/picture?row=0&renderer=x&frame=0",
    ],
    ids=lambda path: path[:40],
)
def test_what_is_not_there_is_not_there(port: int, release: Path, path: str) -> None:
    (release / "not-listed.txt").write_text("secret")
    status, body, _ = ask(port, path)
    assert status == 404
    assert b"secret" not in body
    assert b"root:" not in body


@pytest.mark.parametrize(
    "path",
    [
        "/api/motion?row=-1",
        "/api/motion?row=x",
        "/api/motion?row=" + "9" * 5000,
        "/api/motion?row=0&fps=60",
        "/api/texts",
        "/api/rows?at=1,a",
        "/api/rows?at=" + "1," * 2000,
        "/api/query?q=[]",
        "/api/query?q=%7B%22sort%22%3A%5B%22gone%22%2C%22up%22%5D%7D",
    ],
    ids=lambda path: path[:40],
)
def test_nonsense_is_refused_with_a_sentence(port: int, path: str) -> None:
    status, body, _ = ask(port, path)
    assert status == 400
    assert json.loads(body)["error"]


def test_a_megabyte_of_address_is_refused_and_the_server_lives(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as raw:
        try:
            raw.sendall(b"GET /files/" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            assert raw.recv(64).startswith(b"HTTP/1.1 4")
        except OSError:
            pass  # it hung up while we still wrote, as it may
    assert get(port, "/api/rows?at=0")["rows"]


def test_other_hosts_and_other_methods_are_refused(port: int) -> None:
    assert ask(port, "/api/head", host="evil.example")[0] == 400
    assert ask(port, "/", host=f"evil.example:{port}")[0] == 400
    assert ask(port, "/api/head", host=f"localhost:{port}")[0] == 200
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert ask(port, "/api/head", method=method)[0] == 405


def test_nobody_but_this_machine_is_listened_to(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing; tells our own address towards others
        own = probe.getsockname()[0]
    if own.startswith("127."):
        pytest.skip("this machine has no other address")
    with pytest.raises(ConnectionRefusedError), socket.create_connection((own, port), timeout=5):
        pass


def test_a_label_that_looks_like_a_script_is_data(tmp_path: Path) -> None:
    made = replace(clip("alpha", 0, licence="cc-by-4.0"), label=NASTY, label_namespace="odd")
    stages = write_stages(tmp_path, [made], [clip("beta", 0, licence="nw_ucla")], explained=False)
    release = cut_release(str(tmp_path / "r"), "x", "1.0.0", code="t", **stages)
    with viewing(release) as port:
        assert NASTY.encode() not in ask(port, "/")[1]
        _, body, headers = ask(port, "/api/rows?at=0,1")
        assert headers["content-type"] == "application/json"
        assert NASTY in {row["label"] for row in json.loads(body)["rows"]}


def test_an_older_release_opens_and_stays_as_it_is(release: Path, tmp_path: Path) -> None:
    """Its index lacks what later versions added; its page is of another make."""
    old = Path(shutil.copytree(release, tmp_path / "old"))
    table = pq.read_table(old / "index.parquet").drop_columns(["num_questions"])
    meta = {**(table.schema.metadata or {}), **SAMPLE.arrow.metadata}
    pq.write_table(table.replace_schema_metadata(meta), old / "index.parquet")
    (old / "report.html").write_text("<!doctype html><title>an older page</title>")
    manifest = read_json(str(old / "manifest.json"))
    for entry in manifest["files"]:
        entry["sha256"], entry["bytes"] = sha256_of(str(old / entry["path"]))
    write_json(str(old / "manifest.json"), manifest)
    with viewing(str(old)) as port:
        assert query(port)["total"] == 11
        page = ask(port, "/files/report.html")[1]
    assert page == (old / "report.html").read_bytes()


def test_clips_and_parts_of_them(release: Path, tmp_path: Path) -> None:
    write_stages(tmp_path)
    for path in (tmp_path / "alpha", next((tmp_path / "alpha" / "parts").iterdir())):
        shelf = open_paths((str(path),), None, None)
        assert (shelf.kind, len(shelf.rows)) == ("clips", 8)
        assert shelf.tell(3)["captions"][0]["text"] == "someone moves"


def test_two_releases_say_what_changed(release: Path, tmp_path: Path) -> None:
    first = [clip("alpha", i, licence="cc-by-4.0") for i in range(1, 9)]
    second = [clip("beta", i, licence="nw_ucla", image=True) for i in range(3)]
    first[0] = replace(first[0], subject="S9")
    stages = write_stages(tmp_path, first, second)
    new = cut_release(str(tmp_path / "r"), "toy", "2.0.0", code="test", **stages)
    with viewing(str(release), new) as port:
        head = get(port, "/api/head")
        assert (head["kind"], head["total"]) == ("diff", 12)
        assert "alpha/000" in str(get(port, "/api/rows?at=11"))
        counts = dict(head["overview"]["charts"][0]["bars"])
        assert (counts["added"], counts["removed"]) == (1, 1)
        assert head["overview"]["changes"].startswith("#")
        (row,) = query(port, where={"clip_id": ["alpha/001"]})["rows"]
        told = dict(get(port, f"/api/texts?row={row}")["lineage"])
        assert told["changed: subject"] == "S1 -> S9"
        gone = query(port, where={"change": ["removed"]})["rows"]
        assert ask(port, f"/api/motion?row={gone[0]}")[0] == 200


def test_what_cannot_be_looked_at_is_refused(release: Path, tmp_path: Path) -> None:
    write_stages(tmp_path)
    for paths, told in (
        ((str(tmp_path / "gone"),), "no such file"),
        ((str(tmp_path / "shards"),), "output of build_shards"),
        ((str(release), str(tmp_path / "alpha")), "two releases"),
        ((str(release),) * 3, "3 paths"),
        ((), "0 paths.*Paths come first"),
    ):
        with pytest.raises(UsageError, match=told):
            open_paths(paths, None, None)


def test_a_folder_may_have_the_name_of_a_file(release: Path, tmp_path: Path) -> None:
    write_stages(tmp_path)
    for folder, kind in ((release, "release"), (tmp_path / "alpha", "clips")):
        named = shutil.copytree(folder, tmp_path / "odd" / f"{kind}.parquet")
        assert open_paths((str(named),), None, None).kind == kind


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"no table")])
def test_a_release_without_its_index_is_refused(
    damage: Callable[[Path], object], release: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(release, tmp_path / "copy"))
    damage(copy / "index.parquet")
    with pytest.raises(ReleaseError, match=r"no such file|not a parquet file"):
        open_paths((str(copy),), None, None)


def test_who_stops_it_while_it_opens_sees_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("jobs.opening.open_paths", interrupt)
    assert run_job(view.main, view.Flags, ["anything"]) == 0
    assert capsys.readouterr().out == "stopped\n"


def test_a_port_that_is_taken_is_told(port: int, release: Path) -> None:
    command = [sys.executable, "-m", "jobs.cli", "view", str(release), "--port", str(port)]
    done = subprocess.run([*command, "--no-browser"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"port {port} cannot be had" in done.stderr


def test_weights_that_are_none_are_told_before_a_page_opens(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(release), "--no-browser", "--weights", str(tmp_path / "nope")]
    assert run_job(view.main, view.Flags, words) == 2
    assert "not a safetensors file" in capsys.readouterr().err
