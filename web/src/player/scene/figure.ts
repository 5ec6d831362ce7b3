/** What is drawn of a skeleton: bones and joints with their sides, shared by both painters. */
import type { Topology } from "../../data/head";
import { everObserved, type Motion } from "../../motion/motion";
import { type Floor, findFloor } from "./floor";
import { type Fit, measureFit } from "./view";

export type Side = "left" | "right" | "mid";

export interface Bone {
  /** Indices into [P * J]. */
  readonly from: number;
  readonly to: number;
  readonly side: Side;
  readonly person: number;
  /** Of the clip's unit, the median over its frames: dashes are of one length. */
  readonly length: number;
}

export interface Figure {
  readonly motion: Motion;
  readonly topology: Topology;
  readonly fit: Fit;
  readonly bones: readonly Bone[];
  /** Of [P * J]. */
  readonly sides: readonly Side[];
  /** 1 where a joint is seen in any frame; the others have no place at all. */
  readonly ever: Uint8Array;
  /** Joints of [P * J] that leave a trail: hands and feet. */
  readonly ends: readonly number[];
  /** Joint of [J] that is drawn as a head, or -1. */
  readonly head: number;
  /** Where there is an up axis and metres. */
  readonly floor: Floor | null;
}

const ENDS = [
  ["left_wrist", "left_hand"],
  ["right_wrist", "right_hand"],
  ["left_ankle", "left_foot"],
  ["right_ankle", "right_foot"],
];

export function makeFigure(motion: Motion, topology: Topology): Figure {
  const persons = Array.from({ length: motion.persons }, (_, person) => person);
  const sideOf = (joint: number): Side => topology.sides[joint] ?? "mid";
  const fit = measureFit(motion, topology);
  return {
    motion,
    topology,
    fit,
    bones: persons.flatMap((person) =>
      topology.edges.map(([a, b]): Bone => {
        const first = person * motion.joints;
        const side = sideOfBone(sideOf(a), sideOf(b));
        const length = boneLength(motion, first + a, first + b);
        return { from: first + a, to: first + b, side, person, length };
      }),
    ),
    sides: persons.flatMap(() => topology.joints.map((_, joint) => sideOf(joint))),
    ever: everObserved(motion),
    ends: persons.flatMap((person) => endsOf(topology).map((end) => person * motion.joints + end)),
    head: topology.joints.indexOf("head"),
    floor: findFloor(motion, fit.way === null ? 1 : 2),
  };
}

/** A bone belongs to the limb that it begins; one from left to right, as between hips, to none. */
function sideOfBone(a: Side, b: Side): Side {
  if (a === "mid" || a === b) return b;
  return b === "mid" ? a : "mid";
}

function boneLength(motion: Motion, from: number, to: number): number {
  const { positions, observed, frames } = motion;
  const joints = motion.persons * motion.joints;
  const lengths: number[] = [];
  for (let frame = 0; frame < frames; frame++) {
    const [a, b] = [frame * joints + from, frame * joints + to];
    if (!observed[a] || !observed[b]) continue;
    const along = (axis: number) => positions[3 * a + axis]! - positions[3 * b + axis]!;
    lengths.push(Math.hypot(along(0), along(1), along(2)));
  }
  lengths.sort((a, b) => a - b);
  return lengths[lengths.length >> 1] ?? 0;
}

function endsOf(topology: Topology): number[] {
  const named = ENDS.map((names) => names.map((name) => topology.joints.indexOf(name)))
    .map((found) => found.find((joint) => joint >= 0))
    .filter((joint) => joint !== undefined);
  return named.length > 0 ? named : leavesOf(topology);
}

/** Joints of a skeleton without known names that end but one bone. */
function leavesOf(topology: Topology): number[] {
  const bones = topology.joints.map(() => 0);
  for (const edge of topology.edges) for (const joint of edge) bones[joint]!++;
  return bones.flatMap((count, joint) => (count === 1 ? [joint] : []));
}

/** A trail point every twentieth of a second, over 1.2 s. */
export const TRAIL_S = 1.2;
const TRAIL_STEP_S = 0.05;

/** Times before `time`, newest first, of a trail. */
export function trailTimes(time: number): number[] {
  const times: number[] = [];
  for (let back = 0; back <= TRAIL_S && time - back >= 0; back += TRAIL_STEP_S) {
    times.push(time - back);
  }
  return times;
}
