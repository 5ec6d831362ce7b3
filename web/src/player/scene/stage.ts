/** One scene on one canvas: what is shown, from where, and when it is drawn anew. */
import type { Topology } from "../../data/head";
import {
  durationOf,
  frameAt,
  type Motion,
  makePose,
  type Pose,
  poseAt,
  presentIn,
} from "../../motion/motion";
import { CanvasPainter } from "./canvas_painter";
import { type Colours, readColours } from "./colours";
import { type Figure, makeFigure, trailTimes } from "./figure";
import { GlPainter } from "./gl_painter";
import { contextOf, type Painter } from "./painter";
import { jointRadius, placeOf, type Shot } from "./strokes";
import { type Angles, type Camera, placeCamera, presetAngles, type Vector } from "./view";

/** More device pixels to a CSS pixel are not seen, but cost time. */
const MOST_RATIO = 2;
/** CSS pixels around a joint in which a pointer means it. */
const REACH = 18;

export class Stage {
  readonly painter: Painter;
  figure: Figure | null = null;
  time = 0;
  trail = false;
  lit: ReadonlySet<number> = new Set();
  pointed = -1;
  /** Called after each drawing, to move what lies above the canvas. */
  onDraw: () => void = () => {};
  readonly #canvas: HTMLCanvasElement;
  readonly #observer: ResizeObserver;
  readonly #themes: (() => void)[] = [];
  #angles: Angles = presetAngles("start");
  #size: [width: number, height: number] = [1, 1];
  #colours: Colours;
  #pose: Pose = { positions: new Float32Array(0), observed: new Uint8Array(0) };
  /** The time of the pose. */
  #posed = Number.NaN;
  #request = 0;

  constructor(canvas: HTMLCanvasElement, plain: boolean) {
    this.#canvas = canvas;
    this.painter = choosePainter(canvas, plain);
    this.#colours = readColours(canvas.parentElement!);
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(canvas);
    this.#watchTheme();
    this.#resize();
  }

  show(motion: Motion, topology: Topology): void {
    this.figure = makeFigure(motion, topology);
    this.#pose = makePose(motion);
    this.#posed = Number.NaN;
    this.pointed = -1;
    this.painter.setFigure(this.figure);
    this.invalidate();
  }

  set angles(angles: Angles) {
    this.#angles = angles;
    this.invalidate();
  }

  get size(): [width: number, height: number] {
    return this.#size;
  }

  get frame(): number {
    return this.figure === null ? 0 : frameAt(this.figure.motion, this.time);
  }

  get duration(): number {
    return this.figure === null ? 0 : durationOf(this.figure.motion);
  }

  /** Draws at the next frame of the screen, once however often it is asked for. */
  invalidate(): void {
    if (this.#request === 0) this.#request = requestAnimationFrame(() => this.draw());
  }

  draw(): void {
    cancelAnimationFrame(this.#request);
    this.#request = 0;
    const camera = this.camera();
    if (this.figure === null || camera === null) return;
    this.#takePose(this.figure.motion);
    this.painter.draw(this.#shot(this.figure, camera));
    this.onDraw();
  }

  camera(): Camera | null {
    if (this.figure === null) return null;
    return placeCamera(this.figure.fit, this.#angles, this.#size, this.time);
  }

  /** Where a joint [P * J] is on the canvas, in CSS pixels; null where nobody is there. */
  project(joint: number): Vector | null {
    const camera = this.camera();
    if (this.figure === null || camera === null) return null;
    this.#takePose(this.figure.motion);
    const person = Math.floor(joint / this.figure.motion.joints);
    if (!this.present()[person] || !this.figure.ever[joint]) return null;
    return camera.project(...placeOf(this.#pose, joint));
  }

  /** Above a person's highest joint on the canvas. */
  topOf(person: number): [x: number, y: number] | null {
    const { joints } = this.figure!.motion;
    let top: [number, number] | null = null;
    for (let joint = person * joints; joint < (person + 1) * joints; joint++) {
      const at = this.#pose.observed[joint] ? this.project(joint) : null;
      if (at === null) continue;
      const edge = at[1] - jointRadius(this.figure!, this.camera()!, joint, at[2]);
      if (top === null || edge < top[1]) top = [at[0], edge];
    }
    return top;
  }

  present(): boolean[] {
    return this.figure === null ? [] : presentIn(this.figure.motion, this.#pose);
  }

  /** The joint at a place of the canvas, or -1. */
  jointAt(x: number, y: number): number {
    const found = Array.from(this.#pose.observed, (_, joint) => {
      const place = this.project(joint);
      return place === null ? Infinity : Math.hypot(place[0] - x, place[1] - y);
    });
    const nearest = Math.min(...found);
    return nearest <= REACH ? found.indexOf(nearest) : -1;
  }

  /** Name, place and state of a joint, in words. */
  tellJoint(joint: number): string {
    const { motion, topology } = this.figure!;
    const name = (topology.joints[joint % motion.joints] ?? "joint").replaceAll("_", " ");
    const whose = motion.persons > 1 ? `person ${Math.floor(joint / motion.joints) + 1}, ` : "";
    if (!this.#pose.observed[joint]) return `${whose}${name}: not observed`;
    const digits = motion.unit === "m" ? 2 : motion.unit === "px" ? 0 : 3;
    const axes = motion.space === "image" ? 2 : 3;
    const place = placeOf(this.#pose, joint)
      .slice(0, axes)
      .map((value) => value.toFixed(digits));
    return `${whose}${name}: ${place.join(", ")}${motion.unit && ` ${motion.unit}`}`;
  }

  dispose(): void {
    cancelAnimationFrame(this.#request);
    this.#observer.disconnect();
    for (const stop of this.#themes) stop();
    this.painter.dispose();
    this.figure = null;
  }

  #takePose(motion: Motion): void {
    if (this.#posed === this.time) return;
    poseAt(motion, this.time, this.#pose);
    this.#posed = this.time;
  }

  #shot(figure: Figure, camera: Camera): Shot {
    const { lit, pointed } = this;
    const trail = this.trail ? trailTimes(this.time) : [];
    const poses = trail.map((time) => {
      const pose = makePose(figure.motion);
      poseAt(figure.motion, time, pose);
      return pose;
    });
    return { camera, colours: this.#colours, pose: this.#pose, lit, pointed, trail: poses };
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#canvas;
    if (clientWidth === 0 || clientHeight === 0) return;
    this.#size = [clientWidth, clientHeight];
    this.painter.resize(clientWidth, clientHeight, Math.min(MOST_RATIO, devicePixelRatio));
    // At once: a canvas is blank after its size was set.
    this.draw();
  }

  /** Colours follow the page, whichever way it turns dark. */
  #watchTheme(): void {
    const follow = () => {
      this.#colours = readColours(this.#canvas.parentElement!);
      this.invalidate();
    };
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", follow);
    const observer = new MutationObserver(follow);
    for (const element of [document.documentElement, document.body]) {
      observer.observe(element, { attributes: true });
    }
    this.#themes.push(
      () => dark.removeEventListener("change", follow),
      () => observer.disconnect(),
    );
  }
}

function choosePainter(canvas: HTMLCanvasElement, plain: boolean): Painter {
  if (!plain && "WebGL2RenderingContext" in window && hasWebGl()) {
    try {
      return new GlPainter(canvas);
    } catch {
      // The graphics processor is there, but has no room: a plain canvas does as well.
    }
  }
  return new CanvasPainter(canvas);
}

let known: boolean | null = null;

/** Asked of another canvas: one that failed to give WebGL might give nothing else. */
function hasWebGl(): boolean {
  if (known === null) {
    const probe = contextOf(document.createElement("canvas"), "webgl2");
    known = probe !== null;
    probe?.getExtension("WEBGL_lose_context")?.loseContext();
  }
  return known;
}
