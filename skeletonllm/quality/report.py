"""``report.html`` of ``quality``: one page, without scripts and without network.

The summary comes first, in sentences; then the result of each check; then the contents of the
corpus; then pictures of the worst clips, so that a reader can see whether the checks are right.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from skeletonllm.clip import Clip
from skeletonllm.quality.checks import CHECKS
from skeletonllm.quality.examples import Example, draw_example
from skeletonllm.quality.measurement import STAGE
from skeletonllm.quality.results import QualityResults
from skeletonllm.quality.sections import (
    describe_contents,
    describe_fault_places,
    describe_missing_joints,
    draw_distributions,
    list_duplicates,
    list_limits,
    list_rejects,
)
from skeletonllm.quality.summary import SummaryLine, summarize_checks, summarize_corpus
from skeletonllm.rejects import Reject, isolate_clip
from skeletonllm.visualization.page import make_page, make_section

_STYLE = """
.summary { border: 1px solid #ddd; border-left: 10px solid; border-radius: 6px;
padding: .6em 1.2em }
.summary h2 { margin: .3em 0; border: 0; font-size: 22px } .summary p { margin: .3em 0 .8em }
.line { display: grid; grid-template-columns: 62px 170px 1fr; gap: 2px 12px; padding: 4px 0;
border-top: 1px solid #eee } .line b { font-weight: 600 } .todo { color: #666 }
.badge { border-radius: 4px; color: #fff; text-align: center; font-size: 12px; height: 20px;
line-height: 20px }
.fine { border-color: #2a8a57 } .minor { border-color: #7a9a2a } .look { border-color: #d08a00 }
.serious { border-color: #b3261e }
.badge.fine { background: #2a8a57 } .badge.minor { background: #7a9a2a }
.badge.look { background: #d08a00 } .badge.serious { background: #b3261e }
.badge.unknown { background: #888 }
figcaption span { color: #b3261e } figcaption .sound { color: #2a8a57 }
"""


def make_report(results: QualityResults, shown: Sequence[tuple[Example, Clip]]) -> str:
    """The report of a corpus, as HTML.

    Args:
        results: All measurements of the corpus.
        shown: Clips to draw, with what is wrong with each.
    """
    corpora = ", ".join(sorted(set(results.rows.column("corpus").to_pylist()))) or "no clips"
    body = [
        f'<p class="sub">{escape(_sizes(results))}</p>',
        _summary(results),
        make_section("What is in it", describe_contents(results)),
        make_section("Where the faults are", describe_fault_places(results)),
        make_section("Where joints are missing", describe_missing_joints(results)),
        make_section("How the measurements are spread", draw_distributions(results)),
        make_section("The worst clips", *_draw_examples(shown)),
        make_section("The same motion under two names", list_duplicates(results)),
        make_section("Rejects", list_rejects(results)),
        make_section("Checks and limits", list_limits()),
    ]
    return make_page(f"Quality of {corpora}", body, style=_STYLE)


def _sizes(results: QualityResults) -> str:
    rows = results.rows
    hours = sum(rows.column("seconds").to_pylist()) / 3600
    frames = sum(rows.column("frames").to_pylist())
    return f"{len(rows):,} clips, {frames:,} frames, {hours:.2f} hours; {len(CHECKS)} checks a clip"


def _summary(results: QualityResults) -> str:
    head = summarize_corpus(results)
    return (
        f'<div class="summary {head.level}"><h2>{escape(head.title)}</h2>'
        f"<p>{escape(head.text)}</p>{''.join(map(_line, summarize_checks(results)))}</div>"
    )


def _line(line: SummaryLine) -> str:
    todo = f'<br><span class="todo">→ {escape(line.advice)}</span>' if line.advice else ""
    return (
        f'<div class="line"><span class="badge {line.level}">{line.level}</span>'
        f"<b>{escape(line.title)}</b><span>{escape(line.text)}{todo}</span></div>"
    )


_NOTE = (
    '<p class="note">Red frame: the moment in question; red ring: the joint, or both ends of the '
    "bone. Not mirrored: warm limbs are the person's right. Numbers are frames of the clip.</p>"
)


def _draw_examples(shown: Sequence[tuple[Example, Clip]]) -> list[str]:
    titles = {check.name: check.title for check in CHECKS} | {"": "No fault found, to compare with"}
    parts, last = [_NOTE], None
    for example, clip in shown:
        if example.fault != last:
            parts.append(f"<h3>{escape(titles[example.fault])}</h3>")
            last = example.fault
        kind = "fault" if example.fault else "sound"
        parts.append(
            f"<figure><figcaption><b>{escape(example.clip_id)}</b> ({escape(example.label)}) "
            f'<span class="{kind}">{escape(example.reason)}</span></figcaption>'
            f"{_draw(example, clip)}</figure>"
        )
    return parts


def _draw(example: Example, clip: Clip) -> str:
    """The picture of a clip, or a sentence why there is none."""
    failed: list[Reject] = []
    drawn = ""
    with isolate_clip(clip, STAGE, failed):
        drawn = draw_example(clip, example.at)
    if drawn:
        return f'<img alt="{escape(example.reason)}" src="{drawn}">'
    reason = failed[0].message if failed else "nobody is seen in these frames"
    return f'<p class="note">No picture: {escape(reason)}</p>'
