/**
 * Motions as the page carries them: 16-bit differences over time, see docs of the page.
 *
 * Layout, little endian: u32 length of a JSON head; the head; a mask of observed joints, a bit each
 * of [T, P, J], lowest bit first; then [T, P, J, 3] differences as all low bytes, then all high ones
 * (bytes of one kind deflate better side by side).
 */

import type { Motion, Space } from "./motion";

export type { Motion } from "./motion";

const SPACES: readonly string[] = ["camera", "world", "image"];
/** Values of a motion that a page can hold at all; a damaged head may ask for terabytes. */
const MOST_VALUES = 1 << 28;

/** What is wrong with the bytes of a motion, in words for the person who looks at the page. */
export class MotionDamage extends Error {
  override name = "MotionDamage";

  constructor(found: string, expected: string) {
    super(
      `The motion of this clip cannot be read: ${found}, expected ${expected}. ` +
        "The page is damaged or was cut off: download or make it again.",
    );
  }
}

/** The page was made without this motion: the release could not give it. */
export class MotionMissing extends Error {
  override name = "MotionMissing";

  constructor() {
    super(
      "This clip could not be read when the page was made, so that nothing of it can be shown. " +
        "What is known of it stands below.",
    );
  }
}

interface MotionHead {
  fps: number;
  frames: number;
  persons: number;
  joints: number;
  topology: string;
  scale: number;
  origin: [number, number, number];
  unit: string;
  space: Space;
  source_fps: number;
  source_frames: number;
}

export function unpackMotion(bytes: Uint8Array): Motion {
  if (bytes.length === 0) throw new MotionMissing();
  const { head, body } = splitHead(bytes);
  const joints = head.frames * head.persons * head.joints;
  const maskBytes = Math.ceil(joints / 8);
  const expected = maskBytes + joints * 6;
  if (body.length !== expected) {
    throw new MotionDamage(`${body.length} bytes of joints`, `${expected} for ${shapeOf(head)}`);
  }
  return {
    fps: head.fps,
    frames: head.frames,
    persons: head.persons,
    joints: head.joints,
    topology: head.topology,
    positions: readPositions(body.subarray(maskBytes), head),
    observed: readMask(body, joints),
    unit: head.unit,
    space: head.space,
    sourceFps: head.source_fps,
    sourceFrames: head.source_frames,
  };
}

/** The bytes of the motion number `at` of an inflated block of motions. */
export function motionOfBlock(block: Uint8Array, at: number): Uint8Array {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const count = block.length >= 4 ? view.getUint32(0, true) : 0;
  if (at < 0 || at >= count || block.length < 4 * (count + 2)) {
    throw new MotionDamage(`a block of ${count} motions`, `one that holds number ${at}`);
  }
  const start = view.getUint32(4 + 4 * at, true);
  const end = view.getUint32(8 + 4 * at, true);
  if (start > end || end > block.length) {
    throw new MotionDamage(`bytes ${start} to ${end} of ${block.length}`, "a part of the block");
  }
  return block.subarray(start, end);
}

function splitHead(bytes: Uint8Array): { head: MotionHead; body: Uint8Array } {
  if (bytes.length < 4) throw new MotionDamage(`${bytes.length} bytes`, "a head of 4 bytes");
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  if (length > bytes.length - 4) {
    throw new MotionDamage(`a head of ${length} bytes in ${bytes.length}`, "one that fits");
  }
  let words: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(4, 4 + length));
    words = JSON.parse(text);
  } catch {
    throw new MotionDamage("a head that is no JSON", "a JSON object");
  }
  return { head: checkHead(words), body: bytes.subarray(4 + length) };
}

function checkHead(words: unknown): MotionHead {
  if (typeof words !== "object" || words === null) throw new MotionDamage("no object", "a head");
  const head = words as MotionHead;
  for (const name of ["frames", "persons", "joints"] as const) {
    const value = head[name];
    if (!Number.isInteger(value) || value < 1) {
      throw new MotionDamage(`${name} ${String(value)}`, "a whole number from 1");
    }
  }
  if (head.frames * head.persons * head.joints * 3 > MOST_VALUES) {
    throw new MotionDamage(shapeOf(head), `fewer than ${MOST_VALUES} values`);
  }
  if (!(head.fps > 0 && Number.isFinite(head.fps))) {
    throw new MotionDamage(`fps ${String(head.fps)}`, "a positive number");
  }
  if (!Number.isFinite(head.scale) || head.scale <= 0) {
    throw new MotionDamage(`scale ${String(head.scale)}`, "a positive number");
  }
  if (
    !Array.isArray(head.origin) ||
    head.origin.length !== 3 ||
    !head.origin.every(Number.isFinite)
  ) {
    throw new MotionDamage(`origin ${String(head.origin)}`, "three numbers");
  }
  if (!SPACES.includes(head.space)) {
    throw new MotionDamage(`space ${String(head.space)}`, SPACES.join(", "));
  }
  return {
    ...head,
    unit: typeof head.unit === "string" ? head.unit : "",
    topology: String(head.topology),
    source_fps: head.source_fps > 0 ? head.source_fps : head.fps,
    source_frames: head.source_frames > 0 ? head.source_frames : head.frames,
  };
}

function shapeOf(head: MotionHead): string {
  return `${head.frames} frames of ${head.persons} persons with ${head.joints} joints`;
}

function readMask(bytes: Uint8Array, joints: number): Uint8Array {
  const observed = new Uint8Array(joints);
  for (let at = 0; at < joints; at++) observed[at] = (bytes[at >> 3]! >> (at & 7)) & 1;
  return observed;
}

function readPositions(bytes: Uint8Array, head: MotionHead): Float32Array {
  const stride = head.persons * head.joints * 3;
  const count = head.frames * stride;
  const steps = new Int32Array(stride);
  const positions = new Float32Array(count);
  for (let at = 0; at < count; at++) {
    const column = at % stride;
    // The shifts make the sign of 16 bits that of 32.
    const difference = ((bytes[at]! | (bytes[count + at]! << 8)) << 16) >> 16;
    steps[column]! += difference;
    positions[at] = head.origin[column % 3]! + head.scale * steps[column]!;
  }
  return positions;
}
