// Placeholder: the player's side writes the unpacking of motions.

/** One motion: positions and what was observed, frame by frame. */
export interface Motion {
  readonly fps: number;
  readonly frames: number;
  readonly persons: number;
  readonly joints: number;
  readonly topology: string;
  /** [frames, persons, joints, 3] */
  readonly positions: Float32Array;
  /** [frames, persons, joints], 1 where the joint was observed */
  readonly observed: Uint8Array;
  readonly unit: string;
  readonly space: "camera" | "world" | "image";
}

/** The motion in the bytes of one entry of a motions block. */
export function unpackMotion(_bytes: Uint8Array): Motion {
  throw new Error("the unpacking of motions is not merged yet");
}
