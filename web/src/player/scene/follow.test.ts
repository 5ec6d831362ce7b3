import { describe, expect, it } from "vitest";
import type { Motion } from "../../motion/motion";
import { centreAt, followBody } from "./follow";

const FRAMES = 100;
const FPS = 10;
/** Of a body of two joints, one above the other. */
const HEIGHT = 1.6;

/** Someone whose feet are at `place(frame)`. */
function make(place: (frame: number) => [number, number, number], seen = () => 1): Motion {
  const positions = new Float32Array(FRAMES * 2 * 3);
  for (let frame = 0; frame < FRAMES; frame++) {
    const [x, y, z] = place(frame);
    positions.set([x, y, z, x, y + HEIGHT, z], 6 * frame);
  }
  return {
    ...{ fps: FPS, frames: FRAMES, persons: 1, joints: 2, topology: "two", positions },
    observed: Uint8Array.from({ length: FRAMES * 2 }, seen),
    ...{ unit: "m", space: "world", sourceFps: FPS, sourceFrames: FRAMES },
  };
}

describe("followBody", () => {
  const walk = make((frame) => [0.1 * frame, 0, 0]);

  it("goes along with who walks far, and no farther up and down than they do", () => {
    const hops = make((frame) => [0.1 * frame, frame % 10 < 5 ? 0.2 : 0, 0]);
    for (const motion of [walk, hops]) {
      const followed = followBody(motion, motion.positions)!;
      const heights = new Set(followed.way.centres.filter((_, at) => at % 3 === 1));
      expect(heights.size).toBe(1);
      for (const time of [0, 4.95, 9.9]) {
        expect(centreAt(followed.way, time)[0]).toBeCloseTo(time, 1);
      }
      // Those who are followed are never far from the middle.
      const aside = followed.points.filter((_, at) => at % 3 === 0).map(Math.abs);
      expect(Math.max(...aside)).toBeLessThan(0.1);
    }
  });

  it("climbs with who climbs", () => {
    const stairs = make((frame) => [0.1 * frame, 0.05 * frame, 0]);
    const { way } = followBody(stairs, stairs.positions)!;
    expect(centreAt(way, 9.9)[1] - centreAt(way, 0)[1]).toBeCloseTo(4.95, 1);
  });

  it("stands still before who stays, before a picture, and before nobody", () => {
    const stays = make((frame) => [0.02 * frame, 0, 0]);
    expect(followBody(stays, stays.positions)).toBeNull();
    const flat: Motion = { ...walk, space: "image" };
    expect(followBody(flat, flat.positions)).toBeNull();
    expect(
      followBody(
        make(() => [0, 0, 0]),
        new Float32Array(0),
      ),
    ).toBeNull();
  });

  it("waits where nobody was observed for a while", () => {
    const gap = make((frame) => [0.1 * frame, 0, 0], ((_: unknown, at: number) =>
      Number(at < 60 || at >= 120)) as () => number);
    const points = gap.positions.filter((_, at) => gap.observed[Math.floor(at / 3)]);
    const { way } = followBody(gap, points)!;
    expect([...way.centres].every(Number.isFinite)).toBe(true);
    expect(centreAt(way, 4.5)[0]).toBeCloseTo(2.9, 1);
  });
});
