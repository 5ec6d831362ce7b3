// Which columns the list has, from the most wanted to those that only a wide window has room for.

import { QUALITY } from "../data/order";
import type { Column, Head } from "../data/source";

/** The label and the clip's id stand together in the first column. */
const WANTED = [
  "change",
  "verdicts",
  "grounded",
  "seconds",
  "corpus",
  "flags",
  "subject",
  "observed",
  "persons",
];

/** So many have a width in browser.css. */
const MOST = 8;

export interface ShownColumn extends Column {
  /** 1 stands in every list, higher ones in wider ones. */
  readonly rank: number;
}

export function shownColumns(head: Head): ShownColumn[] {
  const known = new Map(head.columns.map((column) => [column.name, column]));
  // Only two releases have a change: without it the others are of a rank more.
  const wanted = WANTED.filter((name) => name !== "change" || known.has(name)).slice(0, MOST);
  return wanted.flatMap((name, at) => {
    const column = known.get(name);
    return column ? [{ ...column, rank: at + 1 }] : [];
  });
}

/** All that one can sort by: name and title. */
export function sortChoices(head: Head): [string, string][] {
  // Captions are there to name clips without a label, and come in no order.
  const sorting = head.columns.filter(({ name }) => name !== "caption");
  const columns = sorting.map(({ name, title }): [string, string] => [name, title]);
  const hasQuality = head.columns.some((column) => column.name === "observed");
  return hasQuality ? [[QUALITY, "Quality"], ...columns] : columns;
}
