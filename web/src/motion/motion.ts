/** A motion as the page holds it: positions of all joints at a few frames a second. */

export interface Motion {
  /** Frames a second of these frames, which may be fewer than those of the file. */
  fps: number;
  frames: number;
  persons: number;
  joints: number;
  topology: string;
  /** [T, P, J, 3] in `unit`. */
  positions: Float32Array;
  /** [T, P, J], 1 where the joint was seen. */
  observed: Uint8Array;
  unit: string;
  space: Space;
  /** Of the clip that these frames were taken from. */
  sourceFps: number;
  sourceFrames: number;
}

export type Space = "camera" | "world" | "image";

/** Where all persons are at one moment. */
export interface Pose {
  positions: Float32Array;
  observed: Uint8Array;
}

/** Seconds from the first frame to the end of the last. */
export function durationOf(motion: Motion): number {
  const { sourceFps, sourceFrames } = motion;
  const told = sourceFps > 0 ? sourceFrames / sourceFps : 0;
  return Math.max(told, (motion.frames - 1) / motion.fps, 1 / motion.fps);
}

export function makePose(motion: Motion): Pose {
  const joints = motion.persons * motion.joints;
  return { positions: new Float32Array(joints * 3), observed: new Uint8Array(joints) };
}

/** The frame nearest to a time. */
export function frameAt(motion: Motion, time: number): number {
  return Math.max(0, Math.min(motion.frames - 1, Math.round(time * motion.fps)));
}

/**
 * Writes the pose at a time into `pose`: between two frames joints move straight on.
 *
 * A joint counts as observed as in the nearer frame, and does not glide between a frame that saw it
 * and one that did not: what lies between the two was not measured.
 */
export function poseAt(motion: Motion, time: number, pose: Pose): void {
  const at = Math.max(0, Math.min(motion.frames - 1, time * motion.fps));
  const before = Math.floor(at + 1e-6);
  const after = Math.min(before + 1, motion.frames - 1);
  const part = Math.max(0, at - before);
  const near = part < 0.5 ? before : after;
  const joints = motion.persons * motion.joints;
  for (let joint = 0; joint < joints; joint++) {
    const a = before * joints + joint;
    const b = after * joints + joint;
    pose.observed[joint] = motion.observed[near * joints + joint]!;
    const both = motion.observed[a] === motion.observed[b];
    const share = both ? part : near === before ? 0 : 1;
    for (let axis = 0; axis < 3; axis++) {
      const low = motion.positions[3 * a + axis]!;
      pose.positions[3 * joint + axis] = low + share * (motion.positions[3 * b + axis]! - low);
    }
  }
}

/** Whether each person [P] shows any joint in a pose. */
export function presentIn(motion: Motion, pose: Pose): boolean[] {
  return Array.from({ length: motion.persons }, (_, person) => {
    const first = person * motion.joints;
    return pose.observed.subarray(first, first + motion.joints).includes(1);
  });
}

/** Which joints [P, J] are seen in any frame; the others have no place at all. */
export function everObserved(motion: Motion): Uint8Array {
  const joints = motion.persons * motion.joints;
  const ever = new Uint8Array(joints);
  for (let at = 0; at < motion.observed.length; at++) {
    if (motion.observed[at]) ever[at % joints] = 1;
  }
  return ever;
}
