// Which columns the list has, from the most wanted to those that only a wide window has room for.

import { QUALITY } from "../data/order";
import type { Column, Head } from "../data/source";

/** The label and the clip's id stand together in the first column. */
const WANTED = [
  "verdicts",
  "grounded",
  "seconds",
  "corpus",
  "flags",
  "subject",
  "observed",
  "persons",
];

export interface ShownColumn extends Column {
  /** 1 stands in every list, higher ones in wider ones. */
  readonly rank: number;
}

export function shownColumns(head: Head): ShownColumn[] {
  const known = new Map(head.columns.map((column) => [column.name, column]));
  return WANTED.flatMap((name, at) => {
    const column = known.get(name);
    return column ? [{ ...column, rank: at + 1 }] : [];
  });
}

/** All that one can sort by: name and title. */
export function sortChoices(head: Head): [string, string][] {
  const columns = head.columns.map(({ name, title }): [string, string] => [name, title]);
  const hasQuality = head.columns.some((column) => column.name === "observed");
  return hasQuality ? [[QUALITY, "Quality"], ...columns] : columns;
}
