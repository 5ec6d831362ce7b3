/**
 * The floor on which someone moves, found from their lowest joints.
 *
 * A sensor that looks down sees a level floor as a slope. Whoever walks about shows it; of someone
 * who stays in one place nothing is known, and the floor is drawn level.
 */
import type { Motion } from "../../motion/motion";
import type { Vector } from "./view";

export interface Floor {
  readonly origin: Vector;
  /** Two directions in it, and the one that points up from it; all of length one. */
  readonly right: Vector;
  readonly ahead: Vector;
  readonly up: Vector;
  /** Metres from the origin within which it is drawn. */
  readonly radius: number;
}

/** A foot on the floor is seen this exactly, metres. */
const NOISE_M = 0.05;
/** Slopes that one expects before anything is seen: sensors look down by up to some 20 degrees. */
const SLOPE = 0.35;
/** Share of the frames whose lowest joints bear the floor; in the others someone jumps or sits. */
const BEARING = 0.6;
/** Independent looks at the floor a second: a foot stands for about half a second. */
const LOOKS_PER_S = 2;
const ROUNDS = 6;

/**
 * @param share Of the reach of what moves: a camera that goes along sees beyond the ends of a way.
 */
export function findFloor(motion: Motion, share = 1): Floor | null {
  if (motion.space === "image" || motion.unit !== "m") return null;
  const lowest = lowestJoints(motion);
  if (lowest.length === 0) return null;
  const { middle, reach } = measureGround(motion);
  const [height, slopeX, slopeZ] = fitPlane(lowest, middle, LOOKS_PER_S / motion.fps);
  const length = Math.hypot(slopeX, 1, slopeZ);
  const up: Vector = [-slopeX / length, 1 / length, -slopeZ / length];
  const along = Math.hypot(1, slopeX);
  const right: Vector = [1 / along, slopeX / along, 0];
  // cross(right, up)
  const ahead: Vector = [right[1] * up[2], -right[0] * up[2], right[0] * up[1] - right[1] * up[0]];
  return { origin: [middle[0], height, middle[1]], right, ahead, up, radius: share * reach + 1 };
}

/** The point of the floor right below a joint. */
export function dropOnto(floor: Floor, [x, y, z]: Vector): Vector {
  const { origin, up } = floor;
  const above = (x - origin[0]) * up[0] + (y - origin[1]) * up[1] + (z - origin[2]) * up[2];
  return [x - above * up[0], y - above * up[1], z - above * up[2]];
}

/** A point of the floor, from metres along its two directions. */
export function pointOn({ origin, right, ahead }: Floor, a: number, b: number): Vector {
  const at = (k: 0 | 1 | 2) => origin[k] + a * right[k] + b * ahead[k];
  return [at(0), at(1), at(2)];
}

/** The lowest observed joint of each frame. */
function lowestJoints(motion: Motion): Vector[] {
  const { positions, observed } = motion;
  const joints = motion.persons * motion.joints;
  const found: Vector[] = [];
  for (let frame = 0; frame < motion.frames; frame++) {
    let least = -1;
    for (let at = frame * joints; at < (frame + 1) * joints; at++) {
      if (!observed[at]) continue;
      if (least < 0 || positions[3 * at + 1]! < positions[3 * least + 1]!) least = at;
    }
    if (least < 0) continue;
    const place = positions.subarray(3 * least, 3 * least + 3);
    found.push([place[0]!, place[1]!, place[2]!]);
  }
  return found;
}

/** The middle of what was observed, seen from above, and half its diagonal. */
function measureGround(motion: Motion): { middle: [number, number]; reach: number } {
  const [low, high] = [
    [Infinity, Infinity],
    [-Infinity, -Infinity],
  ];
  for (let at = 0; at < motion.observed.length; at++) {
    if (!motion.observed[at]) continue;
    for (const [k, axis] of [0, 2].entries()) {
      low![k] = Math.min(low![k]!, motion.positions[3 * at + axis]!);
      high![k] = Math.max(high![k]!, motion.positions[3 * at + axis]!);
    }
  }
  return {
    middle: [(low![0]! + high![0]!) / 2, (low![1]! + high![1]!) / 2],
    reach: Math.hypot(high![0]! - low![0]!, high![1]! - low![1]!) / 2,
  };
}

/** Height at the middle and slopes of the plane on which the lowest joints stand. */
function fitPlane(
  points: readonly Vector[],
  middle: readonly [number, number],
  weight: number,
): Vector {
  let plane: Vector = [0, 0, 0];
  let bearing = points;
  const above = ([x, y, z]: Vector) =>
    y - plane[0] - plane[1] * (x - middle[0]) - plane[2] * (z - middle[1]);
  for (let round = 0; round < ROUNDS; round++) {
    plane = leastSquares(bearing, middle, weight);
    const sorted = [...points].sort((a, b) => above(a) - above(b));
    bearing = sorted.slice(0, Math.max(1, Math.ceil(BEARING * points.length)));
  }
  // Feet stand on the floor, not half in it.
  const heights = points.map(above).sort((a, b) => a - b);
  return [plane[0] + heights[Math.floor(heights.length / 10)]!, plane[1], plane[2]];
}

/** Slopes are held near zero as far as the points do not tell them. */
function leastSquares(
  points: readonly Vector[],
  middle: readonly [number, number],
  weight: number,
): Vector {
  const count = points.length;
  const mean = [0, 1, 2].map((k) => points.reduce((sum, p) => sum + p[k]!, 0) / count);
  const ridge = NOISE_M ** 2 / SLOPE ** 2 / Math.min(1, weight);
  let [xx, xz, zz, xy, zy] = [ridge, 0, ridge, 0, 0];
  for (const [px, py, pz] of points) {
    const [x, y, z] = [px - mean[0]!, py - mean[1]!, pz - mean[2]!];
    xx += x * x;
    xz += x * z;
    zz += z * z;
    xy += x * y;
    zy += z * y;
  }
  const det = xx * zz - xz * xz;
  const [slopeX, slopeZ] = [(zz * xy - xz * zy) / det, (xx * zy - xz * xy) / det];
  const height = mean[1]! + slopeX * (middle[0] - mean[0]!) + slopeZ * (middle[1] - mean[2]!);
  return [height, slopeX, slopeZ];
}
