// What a page says of itself before any row is read: `#sk-head`, or /api/head.

/** One column of the list. */
export interface Column {
  readonly name: string;
  readonly title: string;
  readonly kind: "text" | "category" | "number" | "set";
  readonly unit?: string;
}

/** Joints of a kind of skeleton, and which of them are joined. */
export interface Topology {
  readonly joints: readonly string[];
  readonly edges: readonly (readonly [number, number])[];
  readonly sides: readonly ("left" | "right" | "mid")[];
}

/** Counts by word; a click filters by `column`, where there is one. */
export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly (readonly [string, number])[];
  readonly column?: string;
}

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

export interface Overview {
  readonly facts: readonly (readonly [string, string])[];
  readonly charts: readonly Chart[];
  readonly tables: readonly Table[];
  readonly findings: readonly string[];
  /** Markdown: what changed since the parent. */
  readonly changes: string | null;
  readonly lineage: readonly (readonly [string, string])[];
}

export interface Head {
  readonly version: number;
  readonly mode: "embedded" | "served";
  readonly title: string;
  readonly kind: "release" | "clips" | "raw" | "diff" | "training";
  readonly total: number;
  readonly shown: number;
  /** Why fewer rows are shown than there are. */
  readonly note?: string | null;
  readonly overview: Overview;
  readonly topologies: Readonly<Record<string, Topology>>;
  readonly columns: readonly Column[];
  readonly blocks: { readonly rows: number; readonly texts: number; readonly motions: number };
  readonly block_size: { readonly texts: number; readonly motions: number };
}
