/** Keys of the player. The page's help shows this list. */
import type { Clock } from "./clock";
import type { Clip } from "./load";
import { presetOf } from "./scene/grip";
import { type Angles, presetAngles } from "./scene/view";
import { stepFrames } from "./Transport";

export const PLAYER_KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["Space", "Play or pause"],
  ["←, →", "One frame back or on"],
  ["Ctrl+←, Ctrl+→", "Ten frames back or on"],
  ["Home, End", "First or last frame"],
  ["[, ]", "Slower or faster"],
  ["l", "Begin again at the end, or stop there"],
  ["r", "Trails of hands and feet"],
  ["1, 2, 3, 0", "Look from the front, the side, the top, as at first"],
  ["Shift+arrows", "In the picture: turn"],
  ["+, −", "In the picture: nearer or farther"],
  ["n, Shift+n", "In the picture: name the next joint, or the one before"],
];

export interface Actions {
  clock: Clock;
  clip: Clip;
  root: HTMLElement;
  setAngles: (angles: Angles) => void;
  toggleTrail: () => void;
}

/** Does what a key asks for, unless what has the focus needs the key itself. */
export function answerKey(event: KeyboardEvent, actions: Actions): void {
  if (event.defaultPrevented || event.metaKey || event.altKey) return;
  const target = event.target instanceof HTMLElement ? event.target : document.body;
  const inside = actions.root.contains(target);
  const free = target === document.body || target === document.documentElement;
  if (!inside && !free && target.closest("[role=grid]") === null) return;
  if (needsKey(target, event.key)) return;
  if (act(event, actions, inside)) event.preventDefault();
}

/** Whether letters that are typed are for an element itself. */
export function takesText(target: HTMLElement): boolean {
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target.matches("input:not([type=range], [type=radio], [type=checkbox])");
}

/** Whether a control uses a key itself. */
function needsKey(target: HTMLElement, key: string): boolean {
  if (takesText(target)) return true;
  if (target.matches("input[type=range]")) return /^Page/.test(key);
  if (target.matches("input[type=radio], input[type=checkbox]")) return /^(Arrow| )/.test(key);
  // A list moves in itself, and opens what it stands on.
  if (target.closest("[role=grid]") && /^(Arrow|Page|Home$|End$|Enter$|v$)/.test(key)) return true;
  return target.matches("button, a[href], summary, [role=tab]") && (key === " " || key === "Enter");
}

function act(event: KeyboardEvent, actions: Actions, inside: boolean): boolean {
  const { clock, clip } = actions;
  const { key, shiftKey, ctrlKey } = event;
  const onSlider = event.target instanceof HTMLInputElement;
  const across = { ArrowLeft: -1, ArrowRight: 1 }[key];
  // As on any slider.
  const step = across ?? (onSlider ? { ArrowDown: -1, ArrowUp: 1 }[key] : undefined);
  if (step !== undefined && !shiftKey) stepFrames(clock, clip, step * (ctrlKey ? 10 : 1));
  else if (ctrlKey) return false;
  else if (key === " ") clock.toggle();
  else if ((key === "Home" || key === "End") && inside) {
    clock.pause();
    clock.seek(key === "Home" ? 0 : (clip.motion.frames - 1) / clip.motion.fps);
  } else if (key === "[") clock.shift(-1);
  else if (key === "]") clock.shift(1);
  else if (key === "l") clock.setLoop(!clock.loop);
  else if (key === "r") actions.toggleTrail();
  else {
    const preset = presetOf(key);
    if (preset === undefined) return false;
    actions.setAngles(presetAngles(preset));
  }
  return true;
}
