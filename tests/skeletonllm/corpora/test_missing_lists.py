from __future__ import annotations

from pathlib import Path

import pytest

from skeletonllm.corpora import Reject
from skeletonllm.corpora.missing_lists import (
    MissingList,
    cross_check,
    listed_in,
    parse_missing_list,
    read_missing_list,
    refuse_listed,
)
from skeletonllm.errors import UsageError

A, B, C = "S001C002P005R002A008", "S001C002P006R001A008", "S017C003P020R001A059"
PROSE = '3 of the captured samples in the "NTU RGB+D" dataset have incomplete skeleton data.\n'


@pytest.mark.parametrize(
    "text",
    [
        f"{A}\n{B}\n{C}\n",
        f"{PROSE}If you work on skeletons, please ignore these files.\n\n{A}\n{B}\n{C}",
        f"{A}\r\n\r\n{B}\r\n{C}\r\n",
        f"{C}.skeleton\n{B}.skeleton\n{A}.SKELETON\n{A}\n",
        f"filename\n'{A}',\n\"{B}\"\nnturgb+d_skeletons/{C}.skeleton\n",
        f"# mine\n{A}  # nobody\n  {B}\t\n{C}\n",
        f"nturgb+d\\{A}.skeleton\n{B}\n{C}\n",
    ],
)
def test_copies_of_one_list_are_one_list(text: str) -> None:
    found = parse_missing_list(text, "lists/missing.txt")
    assert found == MissingList("missing.txt", (A, B, C))
    assert found.sha256 == MissingList("another name", (A, B, C)).sha256
    assert found.sha256 != MissingList("missing.txt", (A, B)).sha256


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no name in the list. Write one clip's name a line."),
        ("Please ignore these files.\n\n", "no name in the list"),
        ("<!DOCTYPE html>\n<html>", "a web page; expected a list of names. Download the raw file"),
        (f"{A}\n{B} {C}\n", f"line 2: '{B}' beside other words; expected one name a line"),
        (f"{PROSE}{A}\n{B}\n", "the list says 3 names and holds 2. Download it again"),
    ],
)
def test_what_is_no_list_is_said(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_missing_list(text, "list.txt")
    assert said in str(caught.value)
    assert str(caught.value).startswith("list.txt")


def test_lists_come_from_files_in_the_encodings_of_editors(tmp_path: Path) -> None:
    path = tmp_path / "missing.txt"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_text(f"{A}\r\n{B}\r\n", encoding)
        assert read_missing_list(str(path)).names == (A, B)
    for data in (b"\xff\xd8\xff\xe0 JFIF", b"PK\x03\x04\0\0\0"):
        path.write_bytes(data)
        with pytest.raises(UsageError, match="missing.txt: not text; expected a list of names"):
            read_missing_list(str(path))
    with pytest.raises(UsageError, match="nosuch"):
        read_missing_list(str(tmp_path / "nosuch.txt"))


def test_the_reject_names_the_list_and_what_the_file_says() -> None:
    lists = [MissingList("a.txt", (A,)), MissingList("b.txt", (A, B))]
    assert [listed_in(lists, name) for name in (A, B, C)] == ["a.txt", "b.txt", None]
    fine = refuse_listed("ntu/x.skeleton", "a.txt", [])
    assert (fine.code, fine.stage) == ("listed_missing", "listed")
    assert fine.message == "listed in a.txt, though the file reads well"
    bad = refuse_listed("ntu/x.skeleton", "a.txt", [Reject("u", "read", "no_body", "nobody")])
    assert (bad.code, bad.stage) == ("listed_missing", "read")
    assert bad.message == "listed in a.txt; no_body: nobody"


def test_lists_are_checked_against_what_was_found() -> None:
    names = {letter: f"S001C001P00{i}R001A001" for i, letter in enumerate("abcdef")}
    lists = [MissingList("l", tuple(names[k] for k in "abcd")), MissingList("m", (names["a"],))]
    rejects = [
        refuse_listed(f"raw/{names['a']}.skeleton", "l", []).to_row(),
        Reject(f"raw/{names['b']}.skeleton", "read", "listed_missing", "").to_row(),
        Reject(f"raw/{names['e']}.skeleton#3", "read", "truncated", "").to_row(),
    ]
    clips = [f"ntu_rgbd/{names['c']}", f"ntu_rgbd/{names['f']}"]
    found = cross_check(lists, clips, rejects)
    assert found.listed == 4
    assert found.readable == (names["a"], names["c"])
    assert found.kept == (names["c"],)
    assert found.confirmed == (names["b"],)
    assert found.absent == (names["d"],)
    assert found.unlisted == {names["e"]: "truncated"}
    assert found.lines() == [
        "4 names on the missing lists",
        f"1 listed, and no such file: {names['d']}",
        f"1 listed, and the file bears it out: {names['b']}",
        f"2 listed, though the file reads well: {names['a']}, {names['c']}",
        f"1 listed, and yet a clip here: {names['c']}",
        f"1 not listed, and yet rejected: {names['e']} (truncated)",
    ]
