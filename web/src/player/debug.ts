/** What tests may ask of the player, where the address has `debug=1`. */
import type { Clock } from "./clock";
import type { Stage } from "./scene/stage";
import { FILL } from "./scene/view";

export interface Probe {
  readonly frame: number;
  readonly time: number;
  readonly playing: boolean;
  readonly renderer: string;
  /** Geometries and textures on the graphics processor. */
  readonly held: number;
  /** Share of the shorter edge that the Python renderer's picture takes in the front view. */
  readonly fill: number;
  readonly size: readonly [number, number];
  /** CSS pixels of the canvas, or null where the joint is nowhere. */
  project(person: number, joint: number): [number, number] | null;
}

declare global {
  interface Window {
    __skeleton?: Probe & { readonly beside: Probe | null };
  }
}

/** Both are read once: the page writes its own address later. */
const DEBUGGED = /[#&]debug=1(&|$)/.test(location.hash);
/** `?renderer=2d` or `#...&renderer=2d` draws without WebGL. */
export const PLAIN = /[?#&]renderer=2d(&|#|$)/.test(location.search + location.hash);

export function exposeProbe(clock: Clock, stages: readonly (Stage | null)[]): void {
  const [first, second] = stages;
  if (!first || !DEBUGGED) {
    delete window.__skeleton;
    return;
  }
  const probe = Object.defineProperties(makeProbe(clock, first), {
    beside: { get: () => (second ? makeProbe(clock, second) : null) },
  });
  window.__skeleton = probe as Probe & { beside: Probe | null };
}

function makeProbe(clock: Clock, stage: Stage): Probe {
  return {
    get frame() {
      return stage.frame;
    },
    get time() {
      return stage.time;
    },
    get playing() {
      return clock.playing;
    },
    get renderer() {
      return stage.painter.kind;
    },
    get held() {
      return stage.painter.held();
    },
    fill: FILL,
    get size() {
      return stage.size;
    },
    project(person, joint) {
      const joints = stage.figure?.motion.joints ?? 0;
      const at = stage.figure === null ? null : stage.project(person * joints + joint);
      return at === null ? null : [at[0], at[1]];
    },
  };
}
