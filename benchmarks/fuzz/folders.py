"""Changes of a folder rather than of a file: links, pipes, names, permissions."""

# ruff: noqa: PTH103, PTH104, PTH118
# pathlib takes no bytes, and names that are no text are bytes
from __future__ import annotations

import os
import random
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

FolderMutation = Callable[[random.Random, Path, Path], str]
"""Changes the folder at ``place`` or one path in it; gives what it did, in words."""


def replace_by_link(rng: random.Random, place: Path, path: Path) -> str:
    """A link where a file was: to it, out of the folder, to a device, to itself or to nothing."""
    outside = place / "outside" / path.name
    outside.parent.mkdir(exist_ok=True)
    shutil.move(path, outside)
    targets = [
        outside,
        Path("/etc/passwd"),
        Path("/dev/zero"),
        Path("/dev/stdin"),
        Path("/dev/tty"),
    ]
    targets += [Path(f"/proc/self/{name}") for name in ("mem", "environ", "fd", "pagemap", "maps")]
    targets += [path, place / "nowhere", place / "in", Path("/"), Path("\n")]
    target = rng.choice(targets)
    path.symlink_to(target)
    return f"link to {target.name or '/'}"


def add_loops(rng: random.Random, place: Path, path: Path) -> str:
    """Folders that lead back to themselves, under one or many names."""
    for i in range(rng.choice((1, 2, 12))):
        (path.parent / f"again{i}").symlink_to(rng.choice((place / "in", path.parent, place)))
    return "folders that loop"


def replace_by_special_file(rng: random.Random, _: Path, path: Path) -> str:
    """A pipe, a socket or a folder where a file was; reading a pipe would wait forever."""
    path.unlink()
    kind = rng.choice(("pipe", "socket", "folder", "device"))
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        here = os.open(path.parent, os.O_RDONLY)
        with socket.socket(socket.AF_UNIX) as server:  # by a short name: sun_path has 108 bytes
            server.bind(f"/proc/self/fd/{here}/{path.name}")
        os.close(here)
    else:
        _make_device(path)
    return kind


def _make_device(path: Path) -> None:
    try:
        os.mknod(path, 0o20666, os.makedev(1, 5))  # /dev/zero; needs root
    except OSError:
        os.mkfifo(path)


def rename_file(rng: random.Random, _: Path, path: Path) -> str:
    """A name that is no plain text, or that other programs would take for more than a name."""
    marks = [
        b"\n",
        b"'",
        b'"',
        b"`touch x`",
        b"$(touch x)",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"%00",
        b"%2e",
    ]
    marks += [
        b"*",
        b"[a-z]",
        b"?",
        b"#",
        b"::",
        b"http::",
        b"zip::",
        b"{1,2}",
        b"~",
        b" ",
        b"\\",
        b"|",
    ]
    marks += [
        "\u202e".encode(),
        "e\u0301".encode(),
        b"a" * 200,
        b"\x1b[31m",
        b"\t",
        b"-rf",
        b"=cmd()",
    ]
    mark = rng.choice(marks)
    source = os.fsencode(path)
    folder, name = os.path.split(source)
    stem, _dot, suffix = name.rpartition(b".")
    named = rng.choice((mark + name, stem + mark + b"." + suffix, name + mark, mark))
    if rng.random() < 0.3:
        folder = os.path.join(folder, mark)
        os.makedirs(folder, exist_ok=True)
        named = name
    os.rename(source, os.path.join(folder, named[:250]))
    return f"named {named[:60]!r}"


def hide_file(rng: random.Random, _: Path, path: Path) -> str:
    """Nothing, or nobody may read it, or a copy of another name."""
    kind = rng.choice(("gone", "forbidden", "copied", "buried"))
    if kind == "gone":
        path.unlink()
    elif kind == "forbidden":
        path.chmod(0)
    elif kind == "copied":
        folder = path.parent / "copy"
        folder.mkdir()
        shutil.copy(path, folder / path.name)
    else:
        folder = path.parent.joinpath(*["d"] * rng.choice((20, 300)))
        folder.mkdir(parents=True)
        path.rename(folder / path.name)
    return kind


FOLDER_MUTATIONS: list[FolderMutation] = [
    replace_by_link,
    replace_by_link,
    add_loops,
    replace_by_special_file,
    replace_by_special_file,
    rename_file,
    rename_file,
    rename_file,
    hide_file,
]
