/** When steps of a rationale go on, and which joints they tell of. */
import type { Step } from "../data/source";
import type { Clip } from "./load";

/** A step without an end is lit for so long. */
const SHORT_S = 0.3;

export function isGoingOn(step: Step, time: number): boolean {
  if (step.start_s === null) return false;
  const end = Math.max(step.end_s ?? 0, step.start_s + (step.end_s === null ? SHORT_S : 0.05));
  return time >= step.start_s - 1e-6 && time <= end + 1e-6;
}

/** Indices of the steps that a time passes through. */
export function litSteps(steps: readonly Step[], time: number): number[] {
  return steps.flatMap((step, at) => (isGoingOn(step, time) ? [at] : []));
}

/** For each step the first row in which it does not overlap an earlier one. */
export function layRows(steps: readonly Step[]): number[] {
  const ends: number[] = [];
  return steps.map((step) => {
    if (step.start_s === null) return 0;
    const free = ends.findIndex((end) => end <= step.start_s! + 1e-6);
    const row = free < 0 ? ends.length : free;
    ends[row] = Math.max(step.end_s ?? 0, step.start_s + 0.05);
    return row;
  });
}

/** Joints [P * J] that the lit steps tell of, which are given by name or by number. */
export function litJoints(
  steps: readonly Step[],
  lit: readonly number[],
  { motion, topology }: Clip,
): Set<number> {
  const joints = new Set<number>();
  for (const at of lit) {
    const step = steps[at];
    for (const told of (step?.joints ?? []) as readonly (number | string)[]) {
      const joint = typeof told === "number" ? told : topology.joints.indexOf(told);
      if (joint < 0 || joint >= motion.joints) continue;
      for (const person of step?.persons ?? [0]) {
        if (person < motion.persons) joints.add(person * motion.joints + joint);
      }
    }
  }
  return joints;
}
