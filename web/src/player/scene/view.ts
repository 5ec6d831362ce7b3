/**
 * Cameras: a place, a direction and a focal length, the same for both painters.
 *
 * The front view is the fitted camera of the Python renderer (`draction/scene/fitted_camera.py`):
 * x = R X + t, u = cx - f x / z, v = cy - f y / z, 45 degrees, no joint of any frame outside. Space
 * is right-handed with +y up, and the camera looks along +z of R, hence +x to its left: the right
 * hand of a person who faces us is on the left, as in a photograph.
 */

import type { Topology } from "../../data/head";
import type { Motion } from "../../motion/motion";
import { centreAt, followBody, type Way } from "./follow";

export type Vector = [number, number, number];
/** Rows: right-handed axes of the camera; the third is where it looks. */
export type Rotation = [Vector, Vector, Vector];

const SLOPE = Math.tan(Math.PI / 8);
/** Body metres around the outermost joints, as in Python. */
const MARGIN = 0.04;
const CLOSEST = 0.2;
const UNDECIDED = 0.3;
const RMS_OF_ADULT = 0.45;
const WAY = 2;
/** Share of the shorter edge that the Python renderer's picture takes: room for floor and names. */
export const FILL = 0.86;

/** What a camera that goes along leaves around a body, so that one sees where it goes. */
const ALONG = 1.3;

/** CSS pixels of the shorter edge from which on lines and joints have their full size. */
const ROOMY_PX = 320;

/** How a person looks at a scene; two scenes that share one turn together. */
export interface Angles {
  preset: Preset;
  yaw: number;
  pitch: number;
  zoom: number;
  /** Of the picture's shorter edge. */
  pan: [number, number];
}

export type Preset = "start" | "front" | "side" | "top";

/** Radians; a positive pitch looks down. */
export const PRESETS: Record<Preset, { yaw: number; pitch: number; title: string }> = {
  start: { yaw: -0.5, pitch: 0.22, title: "Reset" },
  front: { yaw: 0, pitch: 0, title: "Front" },
  side: { yaw: -Math.PI / 2, pitch: 0, title: "Side" },
  top: { yaw: 0, pitch: Math.PI / 2, title: "Top" },
};

export function presetAngles(preset: Preset): Angles {
  const { yaw, pitch } = PRESETS[preset];
  return { preset, yaw, pitch, zoom: 1, pan: [0, 0] };
}

/** What a clip needs of a camera, measured once. */
export interface Fit {
  natural: Rotation;
  /** Observed joints of all frames, [N, 3]; from the middle of each frame, where it is followed. */
  points: Float32Array;
  /** Along which the camera goes, if it does. */
  way: Way | null;
  /** Units to a body metre. */
  scale: number;
  flat: boolean;
  /** What each view needs to hold all points: they are gone through once. */
  framings: Map<Preset, Framing>;
}

/** The middle of what is seen from a direction, half its size with room around it, and its depths. */
interface Framing {
  readonly middle: readonly [number, number];
  readonly reach: number;
  readonly low: number;
  readonly high: number;
}

export function measureFit(motion: Motion, topology: Topology): Fit {
  const points = observedPoints(motion);
  const followed = followBody(motion, points);
  return {
    natural: naturalRotation(motion, topology),
    points: followed?.points ?? points,
    way: followed?.way ?? null,
    scale: bodyScale(motion, points),
    flat: motion.space === "image",
    framings: new Map(),
  };
}

export class Camera {
  constructor(
    readonly rotation: Rotation,
    /** x = R X + t. */
    readonly place: Vector,
    /** Pixels: of the slope of a line of sight, or of a unit where the view is flat. */
    readonly focal: number,
    readonly centre: [number, number],
    readonly flat: boolean,
    /** Of lines and joints: less than 1 on a small canvas. */
    readonly thickness: number,
  ) {}

  /** [u, v, depth] in CSS pixels of the canvas. */
  project(x: number, y: number, z: number): Vector {
    const [a, b, c] = this.rotation;
    const depth = c[0] * x + c[1] * y + c[2] * z + this.place[2];
    const shrink = this.focal / (this.flat ? 1 : Math.max(depth, 1e-6));
    const right = a[0] * x + a[1] * y + a[2] * z + this.place[0];
    const up = b[0] * x + b[1] * y + b[2] * z + this.place[1];
    return [this.centre[0] - shrink * right, this.centre[1] - shrink * up, depth];
  }

  /** Where the eye is: -R^T t. */
  get eye(): Vector {
    return rotateBack(this.rotation, [-this.place[0], -this.place[1], -this.place[2]]);
  }
}

/** The camera of angles for a clip at a time, on a canvas of `width` by `height` CSS pixels. */
export function placeCamera(
  fit: Fit,
  angles: Angles,
  [width, height]: readonly [number, number],
  time: number,
): Camera {
  const { yaw, pitch } = PRESETS[angles.preset];
  const edge = Math.min(width, height);
  const thickness = Math.max(0.6, Math.min(1, edge / ROOMY_PX));
  const centre: [number, number] = [
    width / 2 + angles.pan[0] * edge,
    height / 2 + angles.pan[1] * edge,
  ];
  if (fit.flat) {
    const turned: Rotation = [
      [-1, 0, 0],
      [0, -1, 0],
      [0, 0, 1],
    ];
    const { middle, reach } = framing(fit, "front", turned, 0);
    const focal = ((edge / 2) * FILL * angles.zoom) / reach;
    return new Camera(turned, [-middle[0], -middle[1], 1], focal, centre, true, thickness);
  }
  const framed = multiply(turn(yaw, -pitch), fit.natural);
  const { middle, reach, low, high } = framing(fit, angles.preset, framed, SLOPE);
  const depth = (low + high) / 2;
  const distance = Math.max(reach / SLOPE, CLOSEST * fit.scale - low) + depth;
  const ahead = rotateBack(framed, [middle[0], middle[1], depth]);
  const from: Vector = fit.way === null ? [0, 0, 0] : centreAt(fit.way, time);
  const target: Vector = [ahead[0] + from[0], ahead[1] + from[1], ahead[2] + from[2]];
  const rotation = multiply(turn(angles.yaw, -angles.pitch), fit.natural);
  const there = rotate(rotation, target);
  const place: Vector = [-there[0], -there[1], distance - there[2]];
  const focal = ((edge / 2) * FILL * angles.zoom) / SLOPE;
  return new Camera(rotation, place, focal, centre, false, thickness);
}

function framing(fit: Fit, preset: Preset, rotation: Rotation, slope: number): Framing {
  let known = fit.framings.get(preset);
  if (known === undefined) {
    known = frame(fit, rotation, slope);
    fit.framings.set(preset, known);
  }
  return known;
}

function frame(fit: Fit, rotation: Rotation, slope: number): Framing {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  const { points } = fit;
  for (let at = 0; at < points.length; at += 3) {
    const x = rotate(rotation, [points[at]!, points[at + 1]!, points[at + 2]!]);
    for (let axis = 0; axis < 2; axis++) {
      low[axis] = Math.min(low[axis]!, x[axis]! + slope * x[2]);
      high[axis] = Math.max(high[axis]!, x[axis]! - slope * x[2]);
    }
    low[2] = Math.min(low[2]!, x[2]);
    high[2] = Math.max(high[2]!, x[2]);
  }
  if (points.length === 0) return { middle: [0, 0] as const, reach: 1, low: 0, high: 0 };
  const half = Math.max(high[0]! - low[0]!, high[1]! - low[1]!) / 2 + MARGIN * fit.scale;
  const reach = fit.way === null ? half : ALONG * half;
  const middle = [(low[0]! + high[0]!) / 2, (low[1]! + high[1]!) / 2] as const;
  return { middle, reach, low: low[2]!, high: high[2]! };
}

function observedPoints(motion: Motion): Float32Array {
  let count = 0;
  for (const seen of motion.observed) count += seen;
  const points = new Float32Array(3 * count);
  let to = 0;
  for (let at = 0; at < motion.observed.length; at++) {
    if (!motion.observed[at]) continue;
    points.set(motion.positions.subarray(3 * at, 3 * at + 3), to);
    to += 3;
  }
  return points;
}

/** As `measure_body_scale` in Python: how far the joints of a body lie from their middle. */
function bodyScale(motion: Motion, points: Float32Array): number {
  const spreads: number[] = [];
  for (let body = 0; body < motion.frames * motion.persons; body++) {
    const spread = bodySpread(motion, body * motion.joints);
    if (spread !== null) spreads.push(spread);
  }
  spreads.sort((a, b) => a - b);
  const median = spreads[(spreads.length - 1) >> 1] ?? 0;
  if (median > 0) return Math.max(Math.sqrt(median) / RMS_OF_ADULT, 1e-6);
  if (motion.unit === "m") return 1;
  let way = 0;
  for (let axis = 0; axis < 3; axis++) {
    let [low, high] = [Infinity, -Infinity];
    for (let at = axis; at < points.length; at += 3) {
      low = Math.min(low, points[at]!);
      high = Math.max(high, points[at]!);
    }
    way = Math.max(way, high - low);
  }
  return way > 0 ? way / WAY : 1;
}

function bodySpread(motion: Motion, first: number): number | null {
  const sum = [0, 0, 0];
  let [count, squares] = [0, 0];
  for (let joint = first; joint < first + motion.joints; joint++) {
    if (!motion.observed[joint]) continue;
    count++;
    for (let axis = 0; axis < 3; axis++) sum[axis]! += motion.positions[3 * joint + axis]!;
  }
  if (count < 2) return null;
  for (let joint = first; joint < first + motion.joints; joint++) {
    if (!motion.observed[joint]) continue;
    for (let axis = 0; axis < 3; axis++) {
      squares += (motion.positions[3 * joint + axis]! - sum[axis]! / count) ** 2;
    }
  }
  return squares / count;
}

/** The sensor's direction, or in world space facing the persons. */
function naturalRotation(motion: Motion, topology: Topology): Rotation {
  if (motion.space !== "world")
    return [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
  const front = frontDirection(motion, topology);
  // cross((0, 1, 0), -front), up, -front
  return [
    [-front[2], 0, front[0]],
    [0, 1, 0],
    [-front[0], -front[1], -front[2]],
  ];
}

function frontDirection(motion: Motion, topology: Topology): Vector {
  const total = [0, 0];
  let most = 0;
  for (const part of ["hip", "shoulder"]) {
    const left = topology.joints.indexOf(`left_${part}`);
    const right = topology.joints.indexOf(`right_${part}`);
    if (left < 0 || right < 0) continue;
    const sum = [0, 0];
    let count = 0;
    for (let body = 0; body < motion.frames * motion.persons; body++) {
      const [a, b] = [body * motion.joints + left, body * motion.joints + right];
      if (!motion.observed[a] || !motion.observed[b]) continue;
      const x = motion.positions[3 * b]! - motion.positions[3 * a]!;
      const z = motion.positions[3 * b + 2]! - motion.positions[3 * a + 2]!;
      // cross((0, 1, 0), right - left) = (z, 0, -x)
      const length = Math.max(Math.hypot(x, z), 1e-6);
      sum[0]! += z / length;
      sum[1]! -= x / length;
      count++;
    }
    // The mean of hips and that of shoulders count alike, whichever was seen more often.
    total[0]! += sum[0]! / Math.max(count, 1);
    total[1]! += sum[1]! / Math.max(count, 1);
    most++;
  }
  const size = Math.hypot(total[0]!, total[1]!);
  if (size === 0 || size < UNDECIDED * most) return [0, 0, 1];
  return [total[0]! / size, 0, total[1]! / size];
}

function turn(yaw: number, pitch: number): Rotation {
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  const aboutY: Rotation = [
    [cy, 0, sy],
    [0, 1, 0],
    [-sy, 0, cy],
  ];
  const aboutX: Rotation = [
    [1, 0, 0],
    [0, cp, -sp],
    [0, sp, cp],
  ];
  return multiply(aboutX, aboutY);
}

function multiply(a: Rotation, b: Rotation): Rotation {
  return a.map((row) =>
    [0, 1, 2].map((k) => row[0] * b[0][k]! + row[1] * b[1][k]! + row[2] * b[2][k]!),
  ) as Rotation;
}

function rotate(r: Rotation, x: Vector): Vector {
  return r.map((row) => row[0] * x[0] + row[1] * x[1] + row[2] * x[2]) as Vector;
}

function rotateBack(r: Rotation, x: Vector): Vector {
  return [0, 1, 2].map((k) => r[0][k]! * x[0] + r[1][k]! * x[1] + r[2][k]! * x[2]) as Vector;
}
