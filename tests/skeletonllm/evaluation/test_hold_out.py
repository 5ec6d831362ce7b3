from __future__ import annotations

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.evaluation import (
    HoldOut,
    get_protocol,
    view_unseen_classes,
    view_unseen_subjects,
)
from skeletonllm.testing.releases import LABELS
from skeletonllm.views.view import View


def test_what_is_held_out_is_neither_seen_nor_named(release: str) -> None:
    view = HoldOut(held_out_classes=("jump up",), held_out_subjects=("2",)).train_view(release)
    assert view == View(unseen=("jump up",), subjects=("1",))
    assert view_unseen_classes(view) == View(labels=("jump up",))
    assert view_unseen_subjects(view, release) == View(unseen=("jump up",), subjects=("2",))


def test_nothing_held_out_is_everything(release: str) -> None:
    view = HoldOut(corpora=("lab",)).train_view(release)
    assert view == View(corpora=("lab",))
    with pytest.raises(UsageError, match="held out no class. Test held-out subjects, or name"):
        view_unseen_classes(view)
    with pytest.raises(UsageError, match="held out no subject. Test held-out classes instead"):
        view_unseen_subjects(view, release)


@pytest.mark.parametrize(
    ("held_out", "says"),
    [
        (HoldOut(held_out_classes=("jmp up",)), rf"no label .'jmp up'. .*expected .*{LABELS[0]}"),
        (HoldOut(held_out_subjects=("9",)), r"no subject .'9'. .*expected some of .'1', '2'."),
        (HoldOut(corpora=("ntu",)), r"no corpus .'ntu'. .*expected some of .'lab'."),
        (HoldOut("ntu60/xsub", ("jump up",)), "beside classes, subjects or corpora. A protocol"),
    ],
)
def test_names_the_release_does_not_have_are_refused(
    release: str, held_out: HoldOut, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        held_out.train_view(release)


def test_a_protocol_says_itself_what_is_held_out(release: str) -> None:
    view = HoldOut(protocol="ntu60/55-5").train_view(release)
    assert view == get_protocol("ntu60/55-5").train
