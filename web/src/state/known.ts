// Of what a link asks for, that which the page can ask: it may be of another release, or mistyped.
import { QUALITY } from "../data/order";
import type { Column } from "../data/source";
import type { View } from "./view";

export interface Known {
  readonly view: View;
  /** Names of columns that are not here, or have no such values. */
  readonly unknown: readonly string[];
}

export function keepKnown(asked: View, columns: readonly Column[]): Known {
  const kinds = new Map<string, Column["kind"] | undefined>(
    columns.map(({ name, kind }) => [name, kind]),
  );
  const unknown = new Set<string>();
  const isKnown = (name: string, fits: boolean): boolean => {
    if (!fits) unknown.add(name);
    return fits;
  };
  const isWorded = (name: string) => kinds.has(name) && kinds.get(name) !== "number";
  const isRange = (name: string, ends: readonly number[]) =>
    kinds.get(name) === "number" && !ends.some(Number.isNaN);
  const isSorted = (name: string) => kinds.has(name === QUALITY ? "observed" : name);
  const { where, range, sort } = asked;
  const view = {
    ...asked,
    where: keepBy(where, (name) => isKnown(name, isWorded(name))),
    range: keepBy(range, (name, ends) => isKnown(name, isRange(name, ends))),
    sort: sort !== null && isKnown(sort[0], isSorted(sort[0])) ? sort : null,
  };
  return { view, unknown: [...unknown] };
}

function keepBy<T>(
  of: Readonly<Record<string, T>>,
  wanted: (name: string, value: T) => boolean,
): Record<string, T> {
  return Object.fromEntries(Object.entries(of).filter(([name, value]) => wanted(name, value)));
}
