/** Draws a figure on a plain 2D canvas, where there is no WebGL. */
import { css, mix, type Rgb } from "./colours";
import type { Figure } from "./figure";
import { pointOn } from "./floor";
import { contextOf, DASH_SHARE, FLOOR_STEP, type Painter } from "./painter";
import { drawFigure, FIELD, FIELDS, type Shot, Strokes } from "./strokes";
import type { Vector } from "./view";

export class CanvasPainter implements Painter {
  readonly kind = "canvas";
  readonly #context: CanvasRenderingContext2D;
  readonly #strokes = new Strokes();
  #figure: Figure | null = null;
  #size: [width: number, height: number] = [1, 1];

  constructor(canvas: HTMLCanvasElement) {
    const context = contextOf(canvas, "2d");
    if (context === null) throw new Error("this browser draws neither with WebGL nor on a canvas");
    this.#context = context;
  }

  setFigure(figure: Figure): void {
    this.#figure = figure;
  }

  resize(width: number, height: number, ratio: number): void {
    this.#context.canvas.width = Math.round(width * ratio);
    this.#context.canvas.height = Math.round(height * ratio);
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#size = [width, height];
  }

  draw(shot: Shot): void {
    this.#context.clearRect(0, 0, ...this.#size);
    if (this.#figure === null) return;
    this.#drawFloor(this.#figure, shot);
    drawFigure(this.#figure, shot, this.#strokes);
    this.#drawStrokes(shot);
  }

  held(): number {
    return 0;
  }

  dispose(): void {
    this.#figure = null;
  }

  #drawStrokes(shot: Shot): void {
    const { values, count } = this.#strokes;
    for (let at = 0; at < count * FIELDS; at += FIELDS) {
      const place = (k: number) =>
        shot.camera.project(values[at + k]!, values[at + k + 1]!, values[at + k + 2]!);
      const [from, to] = [place(FIELD.from), place(FIELD.to)];
      const [r, g, b, alpha] = values.subarray(at + FIELD.colour, at + FIELD.width);
      const colour = css([r!, g!, b!] as Rgb, alpha);
      const width = values[at + FIELD.width]!;
      const ring = values[at + FIELD.ring]!;
      if (ring > 0) this.#ring(from, width / 2, ring, colour);
      else this.#line(from, to, width, colour, values[at + FIELD.dashes]!);
    }
  }

  #line(from: Vector, to: Vector, width: number, colour: string, dashes = 0): void {
    const context = this.#context;
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    // Ends with a dash, as it begins with one.
    const period = length / (dashes - 1 + DASH_SHARE);
    context.setLineDash(dashes > 0 ? [DASH_SHARE * period, (1 - DASH_SHARE) * period] : []);
    context.lineCap = "round";
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(from[0], from[1]);
    // A line of no length has no caps in some browsers.
    context.lineTo(to[0] + (length === 0 ? 1e-3 : 0), to[1]);
    context.stroke();
  }

  #ring(at: Vector, radius: number, line: number, colour: string): void {
    this.#context.setLineDash([]);
    this.#context.strokeStyle = colour;
    this.#context.lineWidth = line;
    this.#context.beginPath();
    this.#context.arc(at[0], at[1], Math.max(0, radius - line / 2), 0, 2 * Math.PI);
    this.#context.stroke();
  }

  /** Lines that fade away from the middle. */
  #drawFloor({ floor }: Figure, { camera, colours }: Shot): void {
    if (floor === null) return;
    const step = FLOOR_STEP;
    const count = Math.ceil(floor.radius / step);
    const ink = mix(colours.bg, colours.fg, 0.3);
    for (let i = -count; i <= count; i++) {
      for (let k = -count; k < count; k++) {
        const fade = 1 - Math.hypot(i, k + 0.5) / count;
        if (fade <= 0) continue;
        const colour = css(ink, 0.7 * Math.min(1, 1.5 * fade));
        for (const [x, z, toX, toZ] of [
          [i, k, i, k + 1],
          [k, i, k + 1, i],
        ] as const) {
          const from = camera.project(...pointOn(floor, x * step, z * step));
          const to = camera.project(...pointOn(floor, toX * step, toZ * step));
          if (from[2] > 0.05 && to[2] > 0.05) this.#line(from, to, 1, colour);
        }
      }
    }
  }
}
