// Steps from one filter to the next.
import { go, type View, view } from "./view";

export function hasWord(at: View, column: string, word: string): boolean {
  return at.where[column]?.includes(word) ?? false;
}

/** Adds a word to those a column may have, or takes it away. */
export function toggleWord(column: string, word: string): void {
  const at = view.peek();
  const had = at.where[column] ?? [];
  const words = had.includes(word) ? had.filter((other) => other !== word) : [...had, word];
  setWords(column, words);
}

export function setWords(column: string, words: readonly string[]): void {
  const { [column]: _, ...others } = view.peek().where;
  go({ place: "clips", where: words.length > 0 ? { ...others, [column]: words } : others });
}

export function setRange(column: string, low: number, high: number): void {
  const { [column]: _, ...others } = view.peek().range;
  const open = !Number.isFinite(low) && !Number.isFinite(high);
  go({ place: "clips", range: open ? others : { ...others, [column]: [low, high] } });
}

export function setText(text: string): void {
  go({ place: "clips", text }, "replace");
}

export function clearFilters(): void {
  go({ text: "", where: {}, range: {} });
}

export function isFiltered(at: View): boolean {
  return at.text !== "" || Object.keys(at.where).length + Object.keys(at.range).length > 0;
}
