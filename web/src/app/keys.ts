// Keys that work everywhere on the page. Those of the player are its own, and come first.

import { active, closeClip, openClip, toggleVersus } from "../list/active";
import { takesText } from "../player/keys";
import { clearFilters, isFiltered, toggleWord } from "../state/filters";
import type { Results } from "../state/results";
import { switchTheme } from "../state/theme";
import { go, view } from "../state/view";
import { copyLink } from "./CopyLink";

export const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["/", "Search"],
  ["j, k", "Next and previous clip"],
  ["↓, ↑", "In the list: move, without opening"],
  ["PgDn, PgUp, Home, End", "In the list: move further"],
  ["Enter", "In the list: open the clip"],
  ["v", "In the list: side by side with the open clip"],
  ["c", "Only clips with a contradicted step, or all again"],
  ["g", "At a glance, and back to the clips"],
  ["x", "Clear all filters"],
  ["y", "Copy a link to what is in sight"],
  ["d", "Dark or light"],
  ["Esc", "Close: this help, the clip, the words"],
  ["?", "This help"],
];

export interface KeyTargets {
  readonly results: Results;
  readonly help: { open: boolean; toggle: () => void };
}

const PAGE_ROWS = 10;

export function onKey(event: KeyboardEvent, { results, help }: KeyTargets): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target instanceof HTMLElement ? event.target : document.body;
  if (event.key === "Escape") onEscape(target, help);
  else if (help.open && event.key === "?") help.toggle();
  if (event.key === "Escape" || help.open || takesText(target)) return;
  const inList = target.closest("#clips") !== null;
  const done = (inList && inTheList(event.key, results)) || everywhere(event.key, results, help);
  if (done) event.preventDefault();
}

function onEscape(target: HTMLElement, help: KeyTargets["help"]): void {
  if (help.open) help.toggle();
  else if (takesText(target)) target.blur();
  else if (view.peek().clip !== null) closeClip();
}

function inTheList(key: string, results: Results): boolean {
  const total = results.answer.peek()?.total ?? 0;
  const at = active.peek().index;
  const to: Record<string, number> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + PAGE_ROWS,
    PageUp: at - PAGE_ROWS,
    Home: 0,
    End: total - 1,
  };
  if (key in to) {
    active.value = { index: Math.max(0, Math.min(total - 1, to[key]!)), by: "keys" };
    return true;
  }
  const clip = results.at(at)?.row.clip_id;
  if (key === "Enter" && clip) openClip(at, String(clip));
  else if (key === "v" && clip) toggleVersus(String(clip));
  else return false;
  return true;
}

function everywhere(key: string, results: Results, help: KeyTargets["help"]): boolean {
  const actions: Record<string, () => void> = {
    "/": () => focusSearch(),
    j: () => void stepClip(results, 1),
    k: () => void stepClip(results, -1),
    c: () => toggleWord("verdicts", "contradicted"),
    g: () => go({ place: view.peek().place === "glance" ? "clips" : "glance" }),
    x: () => isFiltered(view.peek()) && clearFilters(),
    y: () => void copyLink(),
    d: switchTheme,
    "?": help.toggle,
  };
  const action = Object.hasOwn(actions, key) ? actions[key] : undefined;
  action?.();
  return action !== undefined;
}

function focusSearch(): void {
  go({ place: "clips" });
  // The box may only be there after the page has been drawn.
  requestAnimationFrame(() => document.getElementById("words")?.focus());
}

/** Opens the clip after the open one, or before it, in the order of the list. */
export async function stepClip(results: Results, by: 1 | -1): Promise<void> {
  const { clip, place } = view.peek();
  const total = results.answer.peek()?.total ?? 0;
  if (place !== "clips" || total === 0) return;
  const here = await results.placeOf(clip);
  const index = here < 0 ? active.peek().index : here + by;
  if (index < 0 || index >= total) return;
  const listed = await results.wait(index);
  if (!listed) return;
  openClip(index, String(listed.row.clip_id));
  active.value = { index, by: "keys" };
}
