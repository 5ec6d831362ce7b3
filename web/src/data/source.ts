// Where rows, texts and motions come from: the page itself, or the server behind it.
import type { Motion } from "../motion/unpack";
import type { Head } from "./head";
import type { Answer, Query, Row } from "./query";
import type { Texts } from "./texts";

/** How much of the rationales is ready to be searched. */
export interface Reading {
  readonly done: number;
  readonly of: number;
  /** Why some of what is done cannot be searched, or null. */
  readonly damage: string | null;
}

export interface Source {
  readonly head: Head;
  query(query: Query): Promise<Answer>;
  rows(at: readonly number[]): Promise<Row[]>;
  texts(row: number): Promise<Texts>;
  /** The motion of a row; `rate` asks a server for fewer frames a second. */
  motion(row: number, rate?: "full" | number): Promise<Motion>;
  /** The row of a clip, or -1. */
  find(clip: string): Promise<number>;
  /** Address of a picture that a server draws, or null where none can be drawn. */
  picture(row: number, renderer: string, frame: number): string | null;
  /** Calls `listener` now and whenever more rationales can be searched. */
  onReading(listener: (reading: Reading) => void): void;
}

export type { Chart, Column, Head, Overview, Table, Topology } from "./head";
export type { Answer, Cell, Query, Row } from "./query";
export type { Caption, Picture, Rationale, Step, Texts } from "./texts";
