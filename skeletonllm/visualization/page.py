"""The HTML page of every report: one head, one style, sections and tables. No script, no network.

Whatever comes from data is escaped here; parts that a caller hands over are HTML already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_STYLE = """
body { font: 14px/1.5 system-ui, "DejaVu Sans", sans-serif; max-width: 940px; margin: 2em auto;
padding: 0 1em; color: #222; background: #fff }
h1, h2, h3 { line-height: 1.2 } h1 { margin-bottom: .2em }
h2 { margin-top: 2.2em; border-bottom: 1px solid #ccc; padding-bottom: .2em }
.sub { color: #666; margin-top: 0 } .note { color: #666 }
.row { display: flex; flex-wrap: wrap; gap: 12px 40px }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 0 24px }
table { border-collapse: collapse } td, th { padding: 2px 12px 2px 0; text-align: left;
vertical-align: top } th { color: #666; font-weight: normal }
table.heat td, table.heat th { padding: 2px 8px; text-align: right }
svg text { font-size: 12px } svg rect { fill: #3f6fa3 } .axis { stroke: #999 }
.limit { stroke: #b3261e; stroke-width: 1.5 } .mid { stroke: #fff; stroke-width: 2 }
figure { margin: 0 0 1.2em } figcaption { margin-bottom: 3px } img { max-width: 100% }
code { background: #f4f4f4; padding: 0 3px }
pre { white-space: pre-wrap; background: #f6f6f6; padding: 1em }
"""


def make_page(title: str, parts: Sequence[str], *, style: str = "") -> str:
    """A whole page under a title.

    Args:
        title: Of the page; it is its heading too.
        parts: HTML below the heading.
        style: Rules that only this page has.
    """
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}{style}</style>'
    body = "\n".join([f"<h1>{escape(title)}</h1>", *parts])
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def make_section(title: str, *parts: str) -> str:
    """Parts under a heading.

    Args:
        title: The heading.
        parts: HTML below it.
    """
    return f"<h2>{escape(title)}</h2>\n" + "\n".join(parts)


def make_table(rows: Sequence[Sequence[object]], head: Sequence[str] = ()) -> str:
    """A table of plain text.

    Args:
        rows: Cells, row by row.
        head: Names of the columns; without them there is no line for them.
    """
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    lines = [f"<tr>{top}</tr>"] if head else []
    for row in rows:
        lines.append("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>")
    return f"<table>{''.join(lines)}</table>"


def make_facts(facts: Mapping[str, object]) -> str:
    """A table of names and values, a line each."""
    lines = [
        f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>"
        for name, value in facts.items()
    ]
    return f"<table>{''.join(lines)}</table>"


def make_quote(text: str) -> str:
    """Text as it is, lines and spaces kept."""
    return f"<pre>{escape(text)}</pre>"
