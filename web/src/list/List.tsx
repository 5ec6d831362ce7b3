// The clips that fit, one a row.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Row } from "../data/source";
import { isWordless } from "../data/words";
import { clearFilters, isFiltered } from "../state/filters";
import { nameOf } from "../state/name";
import type { Listed, Results } from "../state/results";
import { go, view } from "../state/view";
import { count, counted } from "../state/write";
import { active, openClip, toggleVersus } from "./active";
import { CellOf } from "./Cells";
import { type ShownColumn, shownColumns } from "./shown";
import { useVirtual } from "./virtual";

const ROW_PX = 54;
/** Browsers draw no element much taller than 16 million pixels. */
const MOST_ROWS = Math.floor(16_000_000 / ROW_PX);

export function List({ results }: { results: Results }) {
  const box = useRef<HTMLDivElement>(null);
  const answer = results.answer.value;
  results.grown.value; // redraws when rows have come
  const total = answer?.total ?? 0;
  const rows = Math.min(total, MOST_ROWS);
  const virtual = useVirtual(box, rows, ROW_PX);
  const columns = shownColumns(results.source.head);

  // Before anyone sees it, so that no key is lost that is pressed just then.
  useLayoutEffect(() => {
    // Of a new list the first row is in sight, or the clip that is open.
    if (answer === null) return;
    const show = (place: number) => {
      const index = Math.max(0, place);
      active.value = { index, by: "list" };
      if (index === 0) virtual.scrollToOffset(0);
      else virtual.scrollToIndex(index, { align: "center" });
    };
    const { clip } = view.peek();
    if (clip !== null) return once(results.placeOf(clip), show);
    show(0);
  }, [answer, virtual, results]);
  const { clip } = view.value;
  useEffect(() => {
    // A clip that was opened from elsewhere, as by a link or by going back.
    if (results.answer.peek() === null) return;
    return once(results.placeOf(clip), (index) => {
      if (index >= 0 && index !== active.peek().index) active.value = { index, by: "keys" };
    });
  }, [clip, results]);
  useEffect(
    () =>
      active.subscribe(({ index, by }) => {
        if (by === "keys" && index >= 0) virtual.scrollToIndex(index, { align: "auto" });
      }),
    [virtual],
  );

  if (answer === null) return <Waiting total={results.source.head.shown} />;
  if (total === 0) return <Nothing />;
  const at = active.value.index;
  return (
    <div class={`list ${columns[0]?.name === "change" ? "with-change" : ""}`}>
      <div
        class="rows"
        ref={box}
        role="grid"
        aria-label="Clips"
        aria-rowcount={total + 1}
        aria-activedescendant={at < rows ? `row-${at}` : undefined}
        tabIndex={0}
        id="clips"
      >
        <Heads columns={columns} />
        <div role="presentation" class="tall" style={{ height: `${virtual.getTotalSize()}px` }}>
          {virtual.getVirtualItems().map((item) => (
            <ListRow
              key={item.key}
              index={item.index}
              top={item.start}
              listed={results.at(item.index)}
              columns={columns}
            />
          ))}
        </div>
      </div>
      {total > rows && (
        <p class="note">
          The first {count(rows)} of {count(total)}. Filter, or sort the other way round, to reach
          the others.
        </p>
      )}
    </div>
  );
}

/** Takes what is promised, unless the returned function is called before. */
function once<T>(promised: Promise<T>, take: (value: T) => void): () => void {
  let wanted = true;
  void promised.then((value) => {
    if (wanted) take(value);
  });
  return () => {
    wanted = false;
  };
}

function Heads({ columns }: { columns: readonly ShownColumn[] }) {
  const sort = view.value.sort;
  const head = (name: string, title: string, rank: number) => {
    const way = sort?.[0] === name ? sort[1] : null;
    const next = way === "up" ? "down" : "up";
    return (
      <div
        key={name}
        role="columnheader"
        class={`cell rank-${rank} of-${name}`}
        aria-sort={way === null ? "none" : way === "up" ? "ascending" : "descending"}
      >
        <button
          type="button"
          tabIndex={-1}
          title={`Sort by ${title}`}
          onClick={() => go({ sort: [name, next] })}
        >
          {title}
          <span class="way" aria-hidden="true">
            {way === null ? "" : way === "up" ? "↑" : "↓"}
          </span>
        </button>
      </div>
    );
  };
  return (
    <div role="row" class="row heads" aria-rowindex={1}>
      {head("label", "Clip", 0)}
      {columns.map(({ name, title, rank }) => head(name, title, rank))}
      <div role="columnheader" class="cell beside">
        <span class="unseen">Compare</span>
      </div>
    </div>
  );
}

interface RowProps {
  index: number;
  top: number;
  listed: Listed | undefined;
  columns: readonly ShownColumn[];
}

function ListRow({ index, top, listed, columns }: RowProps) {
  const { clip, versus } = view.value;
  const place = { transform: `translateY(${top}px)` };
  const id = `row-${index}`;
  const shared = { id, "aria-rowindex": index + 2, style: place };
  if (listed === undefined) {
    return (
      <div {...shared} role="row" class="row waiting" aria-busy="true">
        <div role="gridcell" class="cell rank-0">
          <span class="bone" />
        </div>
      </div>
    );
  }
  const { row } = listed;
  const name = String(row.clip_id ?? "");
  const chosen = name === clip;
  const beside = name === versus;
  const classes = [
    "row",
    chosen && "chosen",
    beside && "versus",
    active.value.index === index && "active",
  ];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys are taken by the grid, see app/keys.ts
    <div
      {...shared}
      role="row"
      class={classes.filter(Boolean).join(" ")}
      aria-selected={chosen || beside}
      onClick={() => openClip(index, name)}
    >
      <div role="gridcell" class="cell rank-0">
        <Name row={row} />
      </div>
      {columns.map((column) => (
        <div
          key={column.name}
          role="gridcell"
          class={`cell rank-${column.rank} of-${column.name} ${column.kind}`}
        >
          <CellOf column={column} row={row} />
        </div>
      ))}
      <div role="gridcell" class="cell beside">
        {clip !== null && !chosen && (
          <button
            type="button"
            tabIndex={-1}
            class="quiet"
            title={beside ? "No longer side by side" : "Side by side with the open clip"}
            aria-pressed={beside}
            onClick={(event) => {
              event.stopPropagation();
              toggleVersus(name);
            }}
          >
            <span aria-hidden="true">{beside ? "×" : "⇄"}</span>
            <span class="unseen">Side by side: {name}</span>
          </button>
        )}
      </div>
    </div>
  );
}

/** A clip without a label is named by its first caption, or by its id alone. */
function Name({ row }: { row: Row }) {
  const [name, id] = [nameOf(row), String(row.clip_id ?? "")];
  if (name === id) {
    return (
      <>
        <span class="label id">{id}</span>
        <span class="none">no label</span>
      </>
    );
  }
  return (
    <>
      <span class={row.label ? "label" : "label none"} title={name}>
        {name}
      </span>
      <span class="id">{id}</span>
    </>
  );
}

function Waiting({ total }: { total: number }) {
  return (
    <div class="empty" role="status">
      <p>Reading {counted(total, "clip")} …</p>
      <progress aria-label="Reading the clips" />
    </div>
  );
}

function Nothing() {
  const filtered = isFiltered(view.value);
  const { text } = view.value;
  return (
    <div class="empty">
      <p class="lead">{filtered ? "No clip fits all of this." : "There are no clips here."}</p>
      {isWordless(text) && (
        <p>“{text.trim()}” holds no word: only letters and digits are looked for.</p>
      )}
      {filtered && (
        <>
          <p>Take away one of the filters above, or all of them.</p>
          <button type="button" class="button" onClick={clearFilters}>
            Clear all filters
          </button>
        </>
      )}
    </div>
  );
}
