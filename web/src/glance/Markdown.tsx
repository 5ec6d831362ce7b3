// The little Markdown that a list of changes is written in: headings, lists, tables, bold, code.
import type { ComponentChildren } from "preact";

export function Markdown({ text }: { text: string }) {
  const blocks = blocksOf(text);
  return <div class="markdown">{blocks.map((block, i) => draw(block, i, nameOf(blocks, i)))}</div>;
}

/** What a table is of: the heading above it, and which one below it where there are several. */
function nameOf(blocks: readonly string[][], at: number): string {
  const before = blocks.slice(0, at);
  const heading = before.findLastIndex((block) => kindOf(block[0]!) === "heading");
  const earlier = before.slice(heading + 1).filter((block) => kindOf(block[0]!) === "table").length;
  const name = heading < 0 ? "Table" : before[heading]![0]!.replace(/^#+ /, "");
  return earlier === 0 ? name : `${name}, table ${earlier + 1}`;
}

/** Lines that belong together. */
function blocksOf(text: string): string[][] {
  const blocks: string[][] = [];
  let kind = "";
  for (const line of text.split("\n").map((each) => each.trimEnd())) {
    const now = kindOf(line);
    if (now !== kind || now === "heading" || blocks.length === 0) blocks.push([]);
    blocks.at(-1)!.push(line);
    kind = now;
  }
  return blocks.filter((block) => block.some((line) => line.trim() !== ""));
}

function kindOf(line: string): string {
  if (/^#+ /.test(line)) return "heading";
  if (/^\s*[-*] /.test(line)) return "item";
  if (/^\s*\|/.test(line)) return "table";
  return line.trim() === "" ? "blank" : "words";
}

function draw(block: string[], key: number, name: string): ComponentChildren {
  const first = block[0]!;
  switch (kindOf(first)) {
    case "heading":
      return <h3 key={key}>{spans(first.replace(/^#+ /, ""))}</h3>;
    case "item":
      return (
        <ul key={key}>
          {block.map((line) => (
            <li key={line}>{spans(line.replace(/^\s*[-*] /, ""))}</li>
          ))}
        </ul>
      );
    case "table":
      return <TableOf key={key} lines={block} name={name} />;
    default:
      return <p key={key}>{spans(block.join(" "))}</p>;
  }
}

function TableOf({ lines, name }: { lines: string[]; name: string }) {
  const rows = lines
    .filter((line) => !/^\s*\|[\s:|-]+\|?$/.test(line))
    .map((line) =>
      line
        .trim()
        .replace(/^\||\|$/g, "")
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replace(/\\\|/g, "|")),
    );
  const [head = [], ...body] = rows;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll a wide table
    <div class="scroll" role="region" aria-label={name} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((cell, i) =>
              cell === "" ? (
                <td key={i} />
              ) : (
                <th key={i} scope="col">
                  {spans(cell)}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {body.map((row) => (
            <tr key={row.join("|")}>
              {row.map((cell, i) => (
                <td key={i}>{spans(cell)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Bold and code; all else is plain text. */
function spans(text: string): ComponentChildren {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part) => {
    if (/^\*\*.+\*\*$/.test(part)) return <b key={part}>{part.slice(2, -2)}</b>;
    if (/^`.+`$/.test(part)) return <code key={part}>{part.slice(1, -1)}</code>;
    return part;
  });
}
