// What stands in the cells of the list.
import type { Cell, Row } from "../data/source";
import { signOf, worstFirst } from "../state/verdicts";
import { number } from "../state/write";
import type { ShownColumn } from "./shown";

/** Signs of the verdicts that occur, each with its word. */
export function Verdicts({ of }: { of: readonly string[] }) {
  if (of.length === 0) return <span class="none">no steps</span>;
  return (
    <span class="verdicts">
      {worstFirst(of).map((verdict) => {
        const { sign, word, tone } = signOf(verdict);
        return (
          <span key={verdict} class={`verdict ${tone}`} title={word}>
            <span aria-hidden="true">{sign}</span>
            <span class={verdict === "contradicted" ? "word" : "unseen"}>{word}</span>
          </span>
        );
      })}
    </span>
  );
}

/** A share of one, as a bar and a number. */
export function Share({ of }: { of: number | null }) {
  if (of === null) return <span class="none">–</span>;
  return (
    <span class="share">
      <span class="track" aria-hidden="true">
        <span style={{ width: `${100 * of}%` }} />
      </span>
      <span>{of.toFixed(2)}</span>
    </span>
  );
}

function asList(cell: Cell | undefined): readonly string[] {
  return Array.isArray(cell) ? (cell as readonly string[]) : [];
}

const CHANGES: Readonly<Record<string, string>> = {
  added: "+",
  removed: "−",
  changed: "≠",
  same: "=",
};

/** How a clip differs between two releases: a sign and a word. */
export function Change({ of }: { of: string }) {
  return (
    <span class={`change ${of === "same" ? "none" : ""}`}>
      <span aria-hidden="true">{Object.hasOwn(CHANGES, of) ? CHANGES[of] : ""}</span> {of}
    </span>
  );
}

export function CellOf({ column, row }: { column: ShownColumn; row: Row }) {
  const cell = row[column.name];
  if (column.name === "change" && typeof cell === "string") return <Change of={cell} />;
  if (column.name === "verdicts") return <Verdicts of={asList(cell)} />;
  if (column.name === "grounded" || column.name === "observed") {
    return <Share of={typeof cell === "number" ? cell : null} />;
  }
  if (column.kind === "set") {
    const words = asList(cell);
    if (words.length === 0) return <span class="none">–</span>;
    return (
      <span title={words.join(", ")}>
        {words.length > 1 ? `${words[0]} +${words.length - 1}` : words[0]}
      </span>
    );
  }
  if (cell === null || cell === undefined || cell === "") return <span class="none">–</span>;
  if (typeof cell === "number") {
    return (
      <>
        {number(cell)}
        {column.unit ? ` ${column.unit}` : ""}
      </>
    );
  }
  return <span title={String(cell)}>{String(cell)}</span>;
}
