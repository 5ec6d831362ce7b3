/** Turns, moves and zooms a scene by pointer, fingers, wheel and keys, and points at joints. */
import type { Stage } from "./stage";
import { type Angles, type Preset, presetAngles } from "./view";

export interface Held {
  angles(): Angles;
  turn(angles: Angles): void;
  /** What is pointed at, in words. */
  tell(text: string): void;
}

/** Radians a CSS pixel: half a turn over the width of a phone. */
const TURN = Math.PI / 390;
const KEY_TURN = Math.PI / 24;
const KEY_ZOOM = 1.15;
const ZOOM = [0.4, 8] as const;
/** From a little below the floor to straight above. */
const PITCH = [-0.3, Math.PI / 2] as const;

const PRESET_KEYS: Readonly<Record<string, Preset>> = {
  "0": "start",
  "1": "front",
  "2": "side",
  "3": "top",
};

export class Grip {
  readonly #canvas: HTMLCanvasElement;
  readonly #stage: Stage;
  readonly #held: Held;
  readonly #pointers = new Map<number, { x: number; y: number }>();
  readonly #end = new AbortController();

  constructor(canvas: HTMLCanvasElement, stage: Stage, held: Held) {
    this.#canvas = canvas;
    this.#stage = stage;
    this.#held = held;
    const { signal } = this.#end;
    canvas.addEventListener("pointerdown", (event) => this.#down(event), { signal });
    canvas.addEventListener("pointermove", (event) => this.#move(event), { signal });
    for (const name of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(name, (event) => this.#pointers.delete(event.pointerId), { signal });
    }
    // One finger that moves up or down scrolls the page; two are meant for the scene.
    const keep = (event: TouchEvent) => event.touches.length > 1 && event.preventDefault();
    canvas.addEventListener("touchstart", keep, { signal, passive: false });
    canvas.addEventListener("touchmove", keep, { signal, passive: false });
    canvas.addEventListener("pointerleave", () => this.#point(-1), { signal });
    canvas.addEventListener("blur", () => this.#point(-1), { signal });
    canvas.addEventListener("dblclick", () => held.turn(presetAngles("start")), { signal });
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { signal, passive: false });
    canvas.addEventListener("keydown", (event) => this.#key(event), { signal });
  }

  dispose(): void {
    this.#end.abort();
  }

  #down(event: PointerEvent): void {
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  }

  #move(event: PointerEvent): void {
    const at = { x: event.offsetX, y: event.offsetY };
    const before = this.#pointers.get(event.pointerId);
    if (before === undefined) {
      this.#point(this.#stage.jointAt(at.x, at.y));
      return;
    }
    const [dx, dy] = [at.x - before.x, at.y - before.y];
    if (this.#pointers.size === 2) this.#pinch(event.pointerId, at);
    else if (event.shiftKey || event.buttons & 6) this.#pan(dx, dy);
    else this.#orbit(-dx * TURN, dy * TURN);
    this.#pointers.set(event.pointerId, at);
  }

  /** Two fingers: their distance zooms, their middle moves. */
  #pinch(id: number, at: { x: number; y: number }): void {
    const before = this.#pointers.get(id)!;
    const other = [...this.#pointers].find(([key]) => key !== id)![1];
    const spread = (p: { x: number; y: number }) => Math.hypot(p.x - other.x, p.y - other.y);
    this.#zoom(spread(at) / Math.max(1, spread(before)));
    this.#pan((at.x - before.x) / 2, (at.y - before.y) / 2);
  }

  #orbit(yaw: number, pitch: number): void {
    const angles = this.#held.angles();
    if (this.#stage.figure?.fit.flat) {
      this.#pan(-yaw / TURN, pitch / TURN);
      return;
    }
    const turned = angles.yaw + yaw;
    this.#held.turn({ ...angles, yaw: turned, pitch: clamp(angles.pitch + pitch, PITCH) });
  }

  #pan(dx: number, dy: number): void {
    const angles = this.#held.angles();
    const edge = Math.min(...this.#stage.size);
    const [x, y] = angles.pan;
    this.#held.turn({ ...angles, pan: [x + dx / edge, y + dy / edge] });
  }

  #zoom(by: number): void {
    const angles = this.#held.angles();
    this.#held.turn({ ...angles, zoom: clamp(angles.zoom * by, ZOOM) });
  }

  #wheel(event: WheelEvent): void {
    // The page scrolls as ever; zooming asks for the key that zooms everywhere, or the focus.
    if (!event.ctrlKey && document.activeElement !== this.#canvas) return;
    event.preventDefault();
    this.#zoom(Math.exp(-event.deltaY / 400));
  }

  #key(event: KeyboardEvent): void {
    if (!this.#answer(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Whether a key meant something here. */
  #answer({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
    if (ctrlKey || metaKey || altKey) return false;
    const turns: Record<string, [number, number]> = {
      ArrowLeft: [-KEY_TURN, 0],
      ArrowRight: [KEY_TURN, 0],
      ArrowUp: [0, KEY_TURN],
      ArrowDown: [0, -KEY_TURN],
    };
    const by = turns[key];
    if (shiftKey && by !== undefined) this.#orbit(...by);
    else if (key === "+" || key === "=") this.#zoom(KEY_ZOOM);
    else if (key === "-") this.#zoom(1 / KEY_ZOOM);
    else if (key === "n" || key === "N") this.#next(shiftKey ? -1 : 1);
    else return false;
    return true;
  }

  /** The next joint that has a place. */
  #next(by: 1 | -1): void {
    const ever = this.#stage.figure?.ever;
    if (ever === undefined) return;
    let joint = this.#stage.pointed;
    for (let tried = 0; tried < ever.length; tried++) {
      joint = (joint + by + ever.length) % ever.length;
      if (this.#stage.project(joint) !== null) break;
    }
    this.#point(joint);
  }

  #point(joint: number): void {
    if (this.#stage.pointed === joint || this.#stage.figure === null) return;
    this.#stage.pointed = joint;
    this.#canvas.classList.toggle("pl-pointing", joint >= 0);
    this.#held.tell(joint < 0 ? "" : this.#stage.tellJoint(joint));
    this.#stage.invalidate();
  }
}

/** The view that a key asks for, if any. */
export function presetOf(key: string): Preset | undefined {
  return PRESET_KEYS[key];
}

function clamp(value: number, [low, high]: readonly [number, number]): number {
  return Math.max(low, Math.min(high, value));
}
