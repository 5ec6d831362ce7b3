// What is written about one clip.

export interface Step {
  readonly text: string;
  readonly start_s: number | null;
  readonly end_s: number | null;
  readonly verdict: string | null;
  /** The measured value, or the reason why there is none. */
  readonly measured: string | null;
  readonly persons?: readonly number[];
  readonly joints?: readonly number[];
}

export interface Rationale {
  readonly teacher: string;
  readonly status: string;
  readonly grounded: number | null;
  readonly text: string;
  readonly variant: string | null;
  readonly steps: readonly Step[];
  readonly prompt_sha256: string | null;
  readonly usd: number | null;
}

export interface Caption {
  readonly text: string;
  readonly start_s: number | null;
  readonly end_s: number | null;
}

export interface Picture {
  readonly name: string;
  readonly fps: number;
  /** Data or paths of PNGs, in order of time. */
  readonly frames: readonly string[];
}

export interface Texts {
  readonly rationales: readonly Rationale[];
  readonly captions: readonly Caption[];
  /** Label and why, hardest first. */
  readonly negatives: readonly (readonly [string, string])[];
  /** Row of a clip of each negative class, or -1. */
  readonly example_rows: readonly number[];
  readonly questions: readonly unknown[];
  readonly lineage: readonly (readonly [string, string])[];
  readonly pictures: readonly Picture[];
}
