/** What a player shows of one row, loaded from its source. */
import { useEffect, useState } from "preact/hooks";
import type { Topology } from "../data/head";
import type { Row, Source, Texts } from "../data/source";
import { durationOf, type Motion } from "../motion/motion";
import { messageOf } from "../state/write";

export interface Clip {
  readonly row: number;
  readonly cells: Row;
  readonly motion: Motion;
  readonly topology: Topology;
  readonly duration: number;
  /** Share of all joints that were observed. */
  readonly seen: number;
}

/** One of them is there; while another row is on its way, the last one stays. */
export interface Loaded<T> {
  readonly value: T | null;
  readonly error: string | null;
  readonly row: number | null;
}

const NOTHING = { value: null, error: null, row: null };

/** The motion of a row and what the list says of it. */
export function useClip(source: Source, row: number | null): Loaded<Clip> {
  return useLoaded(row, (at) => loadClip(source, at), [source]);
}

export function useTexts(source: Source, row: number): Loaded<Texts> {
  return useLoaded(row, (at) => source.texts(at), [source]);
}

async function loadClip(source: Source, row: number): Promise<Clip> {
  const [motion, [cells]] = await Promise.all([source.motion(row), source.rows([row])]);
  const topology = source.head.topologies[motion.topology];
  if (cells === undefined) throw new Error(`There is no row ${row} in this page.`);
  if (topology === undefined || topology.joints.length !== motion.joints) {
    throw new Error(
      `The motion has the skeleton "${motion.topology}" with ${motion.joints} joints, which this ` +
        "page does not describe. It was damaged, or made by another version: make it again.",
    );
  }
  return { row, cells, motion, topology, duration: durationOf(motion), seen: seenIn(motion) };
}

function seenIn({ observed }: Motion): number {
  return observed.reduce((sum, one) => sum + one, 0) / Math.max(1, observed.length);
}

function useLoaded<T>(
  row: number | null,
  load: (row: number) => Promise<T>,
  inputs: readonly unknown[],
): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>(NOTHING);
  useEffect(() => {
    if (row === null) {
      setLoaded(NOTHING);
      return;
    }
    let wanted = true;
    load(row).then(
      (value) => {
        if (wanted) setLoaded({ value, error: null, row });
      },
      (error: unknown) => {
        if (wanted) setLoaded({ value: null, error: messageOf(error), row });
      },
    );
    return () => {
      wanted = false;
    };
  }, [row, ...inputs]);
  return loaded;
}
