// What one looks at, kept in the fragment of the address: a link opens the same view, and back works.
import { signal } from "@preact/signals";
import type { Column, Query } from "../data/source";
import { keepKnown } from "./known";

export type Place = "glance" | "clips";

export interface View {
  readonly place: Place;
  readonly clip: string | null;
  /** A second clip, beside the first. */
  readonly versus: string | null;
  readonly time: number;
  readonly text: string;
  readonly where: Query["where"];
  readonly range: Query["range"];
  readonly sort: Query["sort"];
}

export const START: View = {
  place: "glance",
  clip: null,
  versus: null,
  time: 0,
  text: "",
  where: {},
  range: {},
  sort: null,
};

/** `clip=ID&t=1.2&vs=ID&q=WORDS&where=column:word,word;column:word&range=column:1..2&sort=column:up` */
export function parseView(fragment: string): View {
  const parts = new Map<string, string>();
  for (const part of fragment.replace(/^#/, "").split("&")) {
    const [key, ...rest] = part.split("=");
    if (key) parts.set(key, rest.join("="));
  }
  const text = (key: string) => decode(parts.get(key) ?? "");
  const clip = text("clip") || null;
  const asked = ["clip", "q", "where", "range", "sort", "clips"].some((key) => parts.has(key));
  const [column, way] = (parts.get("sort") ?? "").split(":");
  return {
    place: asked ? "clips" : "glance",
    clip,
    versus: (clip && text("vs")) || null,
    time: Math.max(0, Number(parts.get("t")) || 0),
    text: text("q"),
    where: Object.fromEntries(
      pairs(parts.get("where")).map(([name, words]) => [name, words.split(",").map(decode)]),
    ),
    range: Object.fromEntries(
      pairs(parts.get("range")).map(([name, ends]) => [name, rangeOf(ends)]),
    ),
    sort: column ? [decode(column), way === "down" ? "down" : "up"] : null,
  };
}

export function formatView(view: View): string {
  // At a glance nothing is asked for; what was filtered before waits for the way back.
  if (view.place === "glance") return "#";
  const { where, range } = view;
  const parts = [
    view.clip && `clip=${encode(view.clip)}`,
    view.clip && view.time > 0 && `t=${Number(view.time.toFixed(2))}`,
    view.clip && view.versus && `vs=${encode(view.versus)}`,
    view.text && `q=${encode(view.text)}`,
    Object.keys(where).length > 0 &&
      `where=${joined(where, (words) => words.map(encode).join(","))}`,
    Object.keys(range).length > 0 && `range=${joined(range, (ends) => ends.map(end).join(".."))}`,
    view.sort && `sort=${encode(view.sort[0])}:${view.sort[1]}`,
  ].filter(Boolean);
  return `#${parts.join("&") || "clips"}`;
}

function pairs(text: string | undefined): [string, string][] {
  return (text ?? "").split(";").flatMap((part) => {
    const at = part.indexOf(":");
    return at > 0 ? [[decode(part.slice(0, at)), part.slice(at + 1)] as [string, string]] : [];
  });
}

/** Lowest and highest value; NaN, which `keepKnown` drops, where it is no number. */
function rangeOf(text: string): [number, number] {
  const [low = "", high = ""] = text.split("..");
  return [
    low === "" ? Number.NEGATIVE_INFINITY : Number(low),
    high === "" ? Number.POSITIVE_INFINITY : Number(high),
  ];
}

function joined<T>(of: Readonly<Record<string, T>>, write: (value: T) => string): string {
  return Object.entries(of)
    .map(([name, value]) => `${encode(name)}:${write(value)}`)
    .join(";");
}

function end(value: number): string {
  return Number.isFinite(value) ? String(value) : "";
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/%2F/g, "/");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const view = signal<View>(parseView(location.hash));
/** What the last link asked for and the page does not know: it was left out. */
export const leftOut = signal<readonly string[]>([]);
let columns: readonly Column[] | null = null;

/** From now on nothing else is asked for than what these columns have. */
export function knowColumns(known: readonly Column[]): void {
  columns = known;
  show(view.peek());
}

/** Shows what an address asks for, as far as it is known. */
function show(asked: View): void {
  if (columns === null) {
    view.value = asked;
    return;
  }
  const known = keepKnown(asked, columns);
  leftOut.value = known.unknown;
  view.value = known.view;
  if (known.unknown.length > 0) history.replaceState(null, "", formatView(known.view));
}

/** Changes what one looks at. A step that "back" should undo is pushed, all else replaces. */
export function go(change: Partial<View>, how: "push" | "replace" = "push"): void {
  const next = { ...view.peek(), ...change };
  const address = formatView(next);
  view.value = next;
  if (how === "push") leftOut.value = [];
  if (address === (location.hash || "#")) return;
  if (how === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

/** Shows a place as a link to it would, with nothing else asked for. */
export function goTo(change: Partial<View>): void {
  go({ ...START, place: "clips", ...change });
}

window.addEventListener("popstate", () => {
  show(parseView(location.hash));
});
window.addEventListener("hashchange", () => {
  if (formatView(view.peek()) !== location.hash) show(parseView(location.hash));
});
