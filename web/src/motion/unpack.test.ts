import { describe, expect, it } from "vitest";
import { durationOf, frameAt, makePose, poseAt } from "./motion";
import { type MotionDamage, motionOfBlock, unpackMotion } from "./unpack";

const HEAD = {
  fps: 10,
  t0: 0,
  frames: 3,
  persons: 1,
  joints: 2,
  topology: "made",
  scale: 0.01,
  origin: [1, 2, 3],
  unit: "m",
  space: "camera",
  source_fps: 30,
  source_frames: 9,
};
/** Steps [T, P, J, 3]: the second joint goes from one end of 15 bits to the other. */
const STEPS = [0, 0, 0, -16383, 5, 0, 1, -2, 3, 16383, 5, 0, 300, -300, 3, -16383, 5, 0];
const OBSERVED = [1, 1, 1, 0, 1, 1];

function pack(head: object = HEAD, steps = STEPS, observed = OBSERVED): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(head));
  const differences = steps.map((step, i) => (i < 6 ? step : step - steps[i - 6]!) & 0xffff);
  const mask = new Uint8Array(Math.ceil(observed.length / 8));
  observed.forEach((seen, i) => {
    mask[i >> 3]! |= seen << (i & 7);
  });
  const length = new Uint8Array(new Uint32Array([text.length]).buffer);
  const low = differences.map((value) => value & 255);
  const high = differences.map((value) => value >> 8);
  return Uint8Array.from([...length, ...text, ...mask, ...low, ...high]);
}

describe("unpackMotion", () => {
  it("gives back positions and what was observed", () => {
    const motion = unpackMotion(pack());
    STEPS.forEach((step, i) => {
      expect(motion.positions[i]).toBeCloseTo(HEAD.origin[i % 3]! + 0.01 * step, 4);
    });
    expect([...motion.observed]).toEqual(OBSERVED);
    expect(motion).toMatchObject({ fps: 10, frames: 3, sourceFps: 30, sourceFrames: 9 });
  });

  it("reads bytes that lie anywhere in a block", () => {
    const bytes = pack();
    const head = new Uint32Array([2, 16, 16 + bytes.length, 16 + 2 * bytes.length]);
    const block = Uint8Array.from([...new Uint8Array(head.buffer), ...bytes, ...bytes]);
    expect(unpackMotion(motionOfBlock(block, 1))).toEqual(unpackMotion(bytes));
    expect(() => motionOfBlock(block, 2)).toThrow(/block of 2 motions/);
    expect(() => motionOfBlock(block.subarray(0, 40), 1)).toThrow(/damaged/);
  });

  it("says what is wrong with damaged bytes, and what to do", () => {
    const whole = pack();
    const wrong: [string, Uint8Array, RegExp][] = [
      ["nearly nothing", new Uint8Array(3), /3 bytes/],
      ["cut short", whole.subarray(0, whole.length - 7), /bytes of joints/],
      ["too long", Uint8Array.from([...whole, 0]), /bytes of joints/],
      ["a head beyond the end", Uint8Array.from([255, 255, 255, 255, 1]), /head of/],
      ["a head of noise", whole.map((byte, i) => (i === 9 ? 255 : byte)), /no JSON/],
      ["no frame", pack({ ...HEAD, frames: 0 }), /frames 0/],
      ["half a joint", pack({ ...HEAD, joints: 1.5 }), /joints 1.5/],
      ["terabytes", pack({ ...HEAD, frames: 1e9, joints: 1e4 }), /fewer than/],
      ["no rate", pack({ ...HEAD, fps: 0 }), /fps 0/],
      ["no step", pack({ ...HEAD, scale: null }), /scale null/],
      ["no origin", pack({ ...HEAD, origin: [1, 2] }), /origin 1,2/],
      ["unknown space", pack({ ...HEAD, space: "mars" }), /space mars/],
    ];
    for (const [name, bytes, message] of wrong) {
      let said: MotionDamage | null = null;
      try {
        unpackMotion(bytes);
      } catch (error) {
        said = error as MotionDamage;
      }
      expect(said?.name, name).toBe("MotionDamage");
      expect(said?.message, name).toMatch(message);
      expect(said?.message, name).toMatch(/make it again/);
    }
  });
});

describe("a motion that the page was made without", () => {
  it("is told as such, not as damage", () => {
    expect(() => unpackMotion(new Uint8Array(0))).toThrow(/when the page was made/);
  });
});

describe("poseAt", () => {
  const motion = unpackMotion(pack());

  it("moves straight on between two frames that saw a joint", () => {
    const pose = makePose(motion);
    poseAt(motion, 0.05, pose);
    expect(pose.positions[0]).toBeCloseTo(1 + 0.01 * 0.5, 4);
    expect(pose.positions[1]).toBeCloseTo(2 - 0.01 * 1, 4);
  });

  it("does not glide to a place that was not measured", () => {
    const pose = makePose(motion);
    poseAt(motion, 0.04, pose);
    expect([pose.observed[1], pose.positions[3]]).toEqual([1, motion.positions[3]]);
    poseAt(motion, 0.06, pose);
    expect([pose.observed[1], pose.positions[3]]).toEqual([0, motion.positions[9]]);
  });

  it("stays within the clip", () => {
    const pose = makePose(motion);
    poseAt(motion, 99, pose);
    expect([...pose.positions]).toEqual([...motion.positions.subarray(12)]);
    expect([frameAt(motion, -1), frameAt(motion, 0.26), frameAt(motion, 99)]).toEqual([0, 2, 2]);
    expect(durationOf(motion)).toBeCloseTo(0.3, 6);
  });
});
