// Signs and words of verdicts: never a colour alone.

export interface VerdictSign {
  readonly sign: string;
  readonly word: string;
  readonly tone: "good" | "bad" | "open";
}

/** Words as the data have them, worst first. */
export const VERDICT_ORDER = ["contradicted", "unverifiable", "not_understood", "true"] as const;

const SIGNS: Readonly<Record<string, VerdictSign>> = {
  true: { sign: "✓", word: "true", tone: "good" },
  contradicted: { sign: "✗", word: "contradicted", tone: "bad" },
  unverifiable: { sign: "?", word: "unverifiable", tone: "open" },
  not_understood: { sign: "–", word: "not understood", tone: "open" },
};

export function signOf(verdict: string): VerdictSign {
  const known = Object.hasOwn(SIGNS, verdict) ? SIGNS[verdict] : undefined;
  return known ?? { sign: "·", word: verdict, tone: "open" };
}

/** Verdicts, worst first. */
export function worstFirst(verdicts: readonly string[]): string[] {
  const rank = (verdict: string) => {
    const at = (VERDICT_ORDER as readonly string[]).indexOf(verdict);
    return at < 0 ? VERDICT_ORDER.length : at;
  };
  return [...verdicts].sort((a, b) => rank(a) - rank(b));
}
