"""``report.html``: one page, no script, no network, on which a person decides in a minute.

The verdict comes first, in sentences; then what each check found; then what the corpus holds; then
the worst clips as pictures, so that one can see whether the checks are right.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from skeletonllm.clip import Clip
from skeletonllm.quality.checks import CHECKS
from skeletonllm.quality.examples import Pick, picture
from skeletonllm.quality.results import Findings
from skeletonllm.quality.sections import (
    contents,
    copies,
    distributions,
    limits,
    missing,
    places,
    rejected,
)
from skeletonllm.quality.verdict import Line, headline, lines

_STYLE = """
body { font: 14px/1.5 system-ui, "DejaVu Sans", sans-serif; max-width: 940px; margin: 2em auto;
padding: 0 1em; color: #222; background: #fff }
h1, h2, h3 { line-height: 1.2 } h1 { margin-bottom: .2em }
h2 { margin-top: 2.2em; border-bottom: 1px solid #ccc; padding-bottom: .2em }
.sub { color: #666; margin-top: 0 }
.verdict { border: 1px solid #ddd; border-left: 10px solid; border-radius: 6px;
padding: .6em 1.2em }
.verdict h2 { margin: .3em 0; border: 0; font-size: 22px } .verdict p { margin: .3em 0 .8em }
.line { display: grid; grid-template-columns: 62px 170px 1fr; gap: 2px 12px; padding: 4px 0;
border-top: 1px solid #eee } .line b { font-weight: 600 } .todo { color: #666 }
.badge { border-radius: 4px; color: #fff; text-align: center; font-size: 12px; height: 20px;
line-height: 20px }
.fine { border-color: #2a8a57 } .minor { border-color: #7a9a2a } .look { border-color: #d08a00 }
.serious { border-color: #b3261e }
.badge.fine { background: #2a8a57 } .badge.minor { background: #7a9a2a }
.badge.look { background: #d08a00 } .badge.serious { background: #b3261e }
.badge.unknown { background: #888 }
.row { display: flex; flex-wrap: wrap; gap: 12px 40px }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 0 24px }
table { border-collapse: collapse } td, th { padding: 2px 12px 2px 0; text-align: left;
vertical-align: top } th { color: #666; font-weight: normal } svg text { font-size: 12px }
table.heat td, table.heat th { padding: 2px 8px; text-align: right }
svg rect { fill: #3f6fa3 } .axis { stroke: #999 } .limit { stroke: #b3261e; stroke-width: 1.5 }
.mid { stroke: #fff; stroke-width: 2 }
figure { margin: 0 0 1.2em } figcaption { margin-bottom: 3px }
figcaption span { color: #b3261e } figcaption .sound { color: #2a8a57 }
code { background: #f4f4f4; padding: 0 3px } img { max-width: 100% } .note { color: #666 }
"""


def report(findings: Findings, shown: Sequence[tuple[Pick, Clip]]) -> str:
    """The page.

    Args:
        findings: What was found out.
        shown: Clips to draw, with what is wrong with each.
    """
    corpora = ", ".join(sorted(set(findings.rows.column("corpus").to_pylist()))) or "no clips"
    body = [
        f"<h1>Quality of {escape(corpora)}</h1>",
        f'<p class="sub">{escape(_what(findings))}</p>',
        _verdict(findings),
        _section("What is in it", contents(findings)),
        _section("Where the faults are", places(findings)),
        _section("Where joints are missing", missing(findings)),
        _section("How the measurements are spread", distributions(findings)),
        _section("The worst clips", *_worst(shown)),
        _section("The same motion under two names", copies(findings)),
        _section("Rejects", rejected(findings)),
        _section("How it was judged", limits()),
    ]
    head = f'<meta charset="utf-8"><title>Quality of {escape(corpora)}</title>'
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}<style>{_STYLE}</style></head>\n<body>\n'
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _what(findings: Findings) -> str:
    rows = findings.rows
    hours = sum(rows.column("seconds").to_pylist()) / 3600
    frames = sum(rows.column("frames").to_pylist())
    return f"{len(rows):,} clips, {frames:,} frames, {hours:.2f} hours; {len(CHECKS)} checks a clip"


def _verdict(findings: Findings) -> str:
    head = headline(findings)
    return (
        f'<div class="verdict {head.level}"><h2>{escape(head.title)}</h2>'
        f"<p>{escape(head.text)}</p>{''.join(map(_line, lines(findings)))}</div>"
    )


def _line(line: Line) -> str:
    todo = f'<br><span class="todo">→ {escape(line.advice)}</span>' if line.advice else ""
    return (
        f'<div class="line"><span class="badge {line.level}">{line.level}</span>'
        f"<b>{escape(line.title)}</b><span>{escape(line.text)}{todo}</span></div>"
    )


def _section(title: str, *parts: str) -> str:
    return f"<h2>{escape(title)}</h2>\n" + "\n".join(parts)


_NOTE = (
    '<p class="note">Red frame: the moment in question; red ring: the joint, or both ends of the '
    "bone. Not mirrored: warm limbs are the person's right. Numbers are frames of the clip.</p>"
)


def _worst(shown: Sequence[tuple[Pick, Clip]]) -> list[str]:
    titles = {check.name: check.title for check in CHECKS} | {"": "No fault found, to compare with"}
    parts, last = [_NOTE], None
    for pick, clip in shown:
        if pick.fault != last:
            parts.append(f"<h3>{escape(titles[pick.fault])}</h3>")
            last = pick.fault
        kind = "fault" if pick.fault else "sound"
        parts.append(
            f"<figure><figcaption><b>{escape(pick.clip_id)}</b> ({escape(pick.label)}) "
            f'<span class="{kind}">{escape(pick.reason)}</span></figcaption>'
            f'<img alt="{escape(pick.reason)}" src="{picture(clip, pick.at)}"></figure>'
        )
    return parts
