// A table of the overview. Rows that name two classes lead to the clips of both.
import { useState } from "preact/hooks";
import type { Table } from "../data/source";
import { goTo } from "../state/view";
import { capital, count } from "../state/write";

const FEW = 8;

interface TableProps {
  table: Table;
  /** Words of the column of labels. */
  labels: ReadonlySet<string>;
}

export function TableOf({ table, labels }: TableProps) {
  const [all, setAll] = useState(false);
  const { title, head, rows } = table;
  const shown = all ? rows : rows.slice(0, FEW);
  const pairOf = (row: Table["rows"][number]) =>
    row.filter((cell): cell is string => typeof cell === "string" && labels.has(cell));
  const paired = rows.some((row) => pairOf(row).length === 2);
  return (
    <section class={`card table ${head.length > 4 ? "wide" : ""}`}>
      <h3>{capital(title)}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll a wide table */}
      <div class="scroll" role="region" aria-label={capital(title)} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {head.map((cell) => (
                <th key={cell} scope="col">
                  {cell}
                </th>
              ))}
              {paired && (
                <th scope="col">
                  <span class="unseen">Clips</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => {
              const pair = pairOf(row);
              return (
                <tr key={row.join("|")}>
                  {row.map((cell, i) => (
                    <td key={i} class={typeof cell === "number" ? "number" : ""}>
                      <CellOf cell={cell} />
                    </td>
                  ))}
                  {paired && (
                    <td>
                      {pair.length === 2 && (
                        <button
                          type="button"
                          class="link"
                          onClick={() => goTo({ where: { label: pair }, sort: ["label", "up"] })}
                        >
                          show<span class="unseen"> clips of {pair.join(" and ")}</span>
                        </button>
                      )}
                    </td>
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {rows.length > FEW && (
        <button type="button" class="link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Fewer" : `All ${count(rows.length)}`}
          <span class="unseen"> rows of {title}</span>
        </button>
      )}
    </section>
  );
}

function CellOf({ cell }: { cell: string | number | null }) {
  if (typeof cell === "number") return <>{Number.isInteger(cell) ? count(cell) : cell}</>;
  if (cell === null) return <>–</>;
  if (!/^https:\/\/\S+$/.test(cell)) return <>{cell}</>;
  return (
    <a href={cell} target="_blank" rel="noopener noreferrer">
      {cell.replace("https://", "")}
    </a>
  );
}
