/** What both painters, three.js and a plain canvas, can do. */
import type { Figure } from "./figure";
import type { Shot } from "./strokes";

/** The context of a canvas. Where privacy is guarded, a browser throws instead of giving none. */
export function contextOf<K extends "2d" | "webgl2">(canvas: HTMLCanvasElement, kind: K) {
  try {
    return canvas.getContext(kind) as
      | (K extends "2d" ? CanvasRenderingContext2D : WebGL2RenderingContext)
      | null;
  } catch {
    return null;
  }
}

export interface Painter {
  readonly kind: "webgl" | "canvas";
  /** Takes another figure, and lets go of all that belonged to the last one. */
  setFigure(figure: Figure): void;
  /** In CSS pixels, and device pixels to one of them. */
  resize(width: number, height: number, ratio: number): void;
  draw(shot: Shot): void;
  /** Geometries and textures held on the graphics processor. */
  held(): number;
  dispose(): void;
}

/** Metres between two lines of the floor. */
export const FLOOR_STEP = 0.5;
/** Share of a dash in a dash and its gap, from the centre of one round end to the other. */
export const DASH_SHARE = 0.48;
