/**
 * Someone who walks far is a speck in an empty hall to a camera that holds the whole way.
 *
 * Where the way is much longer than the body is large, the camera goes along instead: the floor
 * stays where it is, and passes below.
 */
import type { Motion } from "../../motion/motion";
import type { Vector } from "./view";

/** Where the camera looks, frame by frame. */
export interface Way {
  readonly fps: number;
  /** [T, 3] */
  readonly centres: Float64Array;
}

export interface Followed {
  readonly way: Way;
  /** Observed joints of all frames as seen from the centre of their frame, [N, 3]. */
  readonly points: Float32Array;
}

/** The whole must be so many times as large as the body. */
const MUCH = 2.5;
/** Seconds over which the centre is smoothed: steps must not shake the picture. */
const SMOOTH_S = 0.6;
/** Share of the body's size by which a centre may rise and sink without being followed: a jump. */
const LEVEL = 0.5;

/** How a camera follows a motion, or null where it sees all of it from where it is. */
export function followBody(motion: Motion, points: Float32Array): Followed | null {
  if (motion.space === "image" || points.length === 0) return null;
  const centres = smooth(centresOf(motion), Math.round((SMOOTH_S / 2) * motion.fps));
  const around = seenFrom(motion, centres, points.length);
  const size = sizeOf(around);
  if (sizeOf(points) < MUCH * size) return null;
  if (!keepLevel(centres, LEVEL * size))
    return { way: { fps: motion.fps, centres }, points: around };
  return { way: { fps: motion.fps, centres }, points: seenFrom(motion, centres, points.length) };
}

/** Where the camera looks at a time. */
export function centreAt({ fps, centres }: Way, time: number): Vector {
  const last = centres.length / 3 - 1;
  const at = Math.max(0, Math.min(last, time * fps));
  const before = Math.floor(at);
  const after = Math.min(last, before + 1);
  const between = (axis: number) => {
    const low = centres[3 * before + axis]!;
    return low + (at - before) * (centres[3 * after + axis]! - low);
  };
  return [between(0), between(1), between(2)];
}

/** The middle of all observed joints of each frame; where there are none, that of the frame before. */
function centresOf(motion: Motion): Float64Array {
  const joints = motion.persons * motion.joints;
  const centres = new Float64Array(3 * motion.frames);
  let known = -1;
  for (let frame = 0; frame < motion.frames; frame++) {
    const sum = [0, 0, 0];
    let count = 0;
    for (let at = frame * joints; at < (frame + 1) * joints; at++) {
      if (!motion.observed[at]) continue;
      count++;
      for (let axis = 0; axis < 3; axis++) sum[axis]! += motion.positions[3 * at + axis]!;
    }
    if (count > 0) {
      const centre = sum.map((value) => value / count);
      for (let to = known < 0 ? 0 : frame; to <= frame; to++) centres.set(centre, 3 * to);
      known = frame;
    } else if (known >= 0) centres.copyWithin(3 * frame, 3 * known, 3 * known + 3);
  }
  return centres;
}

/** The mean over `half` frames before and after, twice: no corner is left. */
function smooth(values: Float64Array, half: number): Float64Array {
  let smoothed = values;
  for (let turn = 0; turn < 2; turn++) smoothed = meanOver(smoothed, half);
  return smoothed;
}

function meanOver(values: Float64Array, half: number): Float64Array {
  const frames = values.length / 3;
  const means = new Float64Array(values.length);
  for (let axis = 0; axis < 3; axis++) {
    const sums = new Float64Array(frames + 1);
    for (let i = 0; i < frames; i++) sums[i + 1] = sums[i]! + values[3 * i + axis]!;
    for (let i = 0; i < frames; i++) {
      // As many on both sides: at the ends the mean must not lag behind.
      const reach = Math.min(half, i, frames - 1 - i);
      means[3 * i + axis] = (sums[i + reach + 1]! - sums[i - reach]!) / (2 * reach + 1);
    }
  }
  return means;
}

/** Holds the height where it changes little, as on level ground; whether it did. */
function keepLevel(centres: Float64Array, most: number): boolean {
  let [low, high] = [Infinity, -Infinity];
  for (let at = 1; at < centres.length; at += 3) {
    low = Math.min(low, centres[at]!);
    high = Math.max(high, centres[at]!);
  }
  if (high - low > most) return false;
  for (let at = 1; at < centres.length; at += 3) centres[at] = (low + high) / 2;
  return true;
}

function seenFrom(motion: Motion, centres: Float64Array, length: number): Float32Array {
  const joints = motion.persons * motion.joints;
  const points = new Float32Array(length);
  let to = 0;
  for (let at = 0; at < motion.observed.length; at++) {
    if (!motion.observed[at]) continue;
    const frame = Math.floor(at / joints);
    for (let axis = 0; axis < 3; axis++) {
      points[to++] = motion.positions[3 * at + axis]! - centres[3 * frame + axis]!;
    }
  }
  return points;
}

/** The longest edge of the box around points. */
function sizeOf(points: Float32Array): number {
  let size = 0;
  for (let axis = 0; axis < 3; axis++) {
    let [low, high] = [Infinity, -Infinity];
    for (let at = axis; at < points.length; at += 3) {
      low = Math.min(low, points[at]!);
      high = Math.max(high, points[at]!);
    }
    size = Math.max(size, high - low);
  }
  return size;
}
