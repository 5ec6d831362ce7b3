/** Everything of one clip: how it moves, what was said of it, and where it came from. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Source, Step, Texts } from "../data/source";
import { nameOf } from "../state/name";
import { counted } from "../state/write";
import { CopyLink } from "./CopyLink";
import { Clock } from "./clock";
import { PLAIN } from "./debug";
import { useKeys, useProbe, useStart } from "./hooks";
import { type Clip, type Loaded, useClip, useTexts } from "./load";
import { Folds } from "./told/Folds";
import { Negatives, type Sync } from "./told/Negatives";
import { Pictures } from "./told/Pictures";
import "./player.css";
import "./told/told.css";
import { Scenes, useLook } from "./Scenes";
import { Timeline } from "./Timeline";
import { Transport } from "./Transport";
import { Rationales } from "./told/Rationales";
import { seconds, textOf } from "./words";

export interface PlayerProps {
  source: Source;
  row: number;
  /** Seconds at which the clip stands still when it opens; without it, it plays. */
  time?: number;
  /** A second clip, played in step. */
  compareRow?: number;
  onTime?: (seconds: number) => void;
  /** Called when a second clip is chosen or closed. */
  onCompare?: (row: number | null) => void;
}

const NO_STEPS: readonly Step[] = [];

export function Player(props: PlayerProps) {
  const { source, row, compareRow, onCompare } = props;
  const [chosen, setChosen] = useState<number | null>(compareRow ?? null);
  useEffect(() => setChosen(compareRow ?? null), [compareRow, row]);
  const besideRow = chosen === row ? null : chosen;
  const choose = (next: number | null) => {
    setChosen(next);
    onCompare?.(next);
  };
  const clip = useClip(source, row);
  const beside = useClip(source, besideRow);
  const texts = useTexts(source, row);
  const fault = clip.error ?? beside.error;
  return (
    <article class="pl" aria-busy={clip.row !== row}>
      {fault !== null && (
        <p class="pl-fault" role="alert">
          {fault}
        </p>
      )}
      {clip.value !== null ? (
        <Opened
          {...props}
          clip={clip.value}
          beside={besideRow === null ? null : beside.value}
          texts={texts}
          onBeside={choose}
        />
      ) : (
        <Empty texts={texts} broken={clip.error !== null} />
      )}
    </article>
  );
}

interface OpenedProps extends PlayerProps {
  clip: Clip;
  beside: Clip | null;
  texts: Loaded<Texts>;
  onBeside: (row: number | null) => void;
}

function Opened(props: OpenedProps) {
  const { source, clip, beside, onBeside } = props;
  const root = useRef<HTMLDivElement>(null);
  const clock = useMemo(() => new Clock(), []);
  const look = useLook();
  const [sync, setSync] = useState<Sync>("share");
  const [rationale, setRationale] = useState(0);
  // Texts of the last row must not stand beside the joints of this one.
  const texts = props.texts.row === clip.row ? props.texts.value : null;
  const rationales = texts?.rationales ?? [];
  const steps = rationales[rationale]?.steps ?? NO_STEPS;
  useEffect(() => setRationale(0), [clip.row]);
  useStart(clock, clip, props);
  const onStage = useProbe(clock);

  useKeys(root, clock, clip, look);
  const jump = (at: number) => {
    const start = steps[at]?.start_s;
    if (start === null || start === undefined) return;
    clock.pause();
    clock.seek(start);
  };
  const playBeside = (next: number | null) => {
    onBeside(next);
    if (next !== null) clock.play();
  };
  return (
    <div ref={root} class="pl-all">
      <Title clip={clip} beside={beside} clock={clock} caption={texts?.captions[0]?.text} />
      {props.texts.error !== null && (
        <p class="pl-fault" role="alert">
          {props.texts.error}
        </p>
      )}
      <div class={`pl-main ${beside === null ? "" : "pl-both"}`}>
        <div class="pl-column">
          <div class="pl-watch">
            <Scenes
              {...look}
              clip={clip}
              beside={beside}
              clock={clock}
              steps={steps}
              plain={PLAIN}
              sync={sync}
              onSync={setSync}
              onEnd={() => onBeside(null)}
              onStage={onStage}
            />
            <Timeline clock={clock} clip={clip} steps={steps} onJump={jump} />
            <Transport clock={clock} clip={clip} />
          </div>
          {texts !== null && <Pictures pictures={texts.pictures} clock={clock} />}
          {texts !== null && <Folds texts={texts} clock={clock} />}
        </div>
        {texts !== null && (
          <div class="pl-column">
            <Rationales
              rationales={rationales}
              chosen={rationale}
              onChoose={setRationale}
              clock={clock}
              onJump={jump}
            />
            <Negatives
              texts={texts}
              label={nameOf(clip.cells)}
              beside={beside?.row ?? null}
              onBeside={playBeside}
            />
          </div>
        )}
      </div>
      {source.head.mode === "embedded" && <Thinned clip={clip} />}
    </div>
  );
}

interface TitleProps {
  clip: Clip;
  beside: Clip | null;
  clock: Clock;
  /** Names a clip that has no label. */
  caption: string | undefined;
}

/** Of two releases: what became of the clip. */
const CHANGED: Readonly<Record<string, string>> = {
  added: "added",
  removed: "removed",
  changed: "changed",
  same: "the same in both",
};

function Title({ clip, beside, clock, caption }: TitleProps) {
  const { cells, duration, motion } = clip;
  const name = nameOf(cells, caption);
  const change = CHANGED[textOf(cells, "change")];
  const facts = [
    textOf(cells, "corpus"),
    textOf(cells, "subject") && `subject ${textOf(cells, "subject")}`,
    textOf(cells, "camera") && `camera ${textOf(cells, "camera")}`,
    counted(motion.persons, "person"),
    `${seconds(duration)} s`,
    motion.topology,
  ].filter(Boolean);
  return (
    <header class="pl-title">
      <div>
        <h2>
          {name}
          {change && <span class="pl-change">{change}</span>}
        </h2>
        <p class="pl-muted pl-small">
          {name !== textOf(cells, "clip_id") && <code>{textOf(cells, "clip_id")}</code>}
          <span>{facts.join(" · ")}</span>
        </p>
      </div>
      <CopyLink
        clip={textOf(cells, "clip_id")}
        versus={beside === null ? null : textOf(beside.cells, "clip_id")}
        clock={clock}
      />
    </header>
  );
}

function Thinned({ clip }: { clip: Clip }) {
  const { motion } = clip;
  if (motion.sourceFps <= motion.fps) return null;
  return (
    <p class="pl-muted pl-small">
      This page keeps {motion.fps} of {Number(motion.sourceFps.toFixed(2))} frames a second, joints
      rounded. <code>skeletonllm view</code> shows all of them.
    </p>
  );
}

/** Before the first clip is there, or where it cannot be read. */
function Empty({ texts, broken }: { texts: Loaded<Texts>; broken: boolean }) {
  if (!broken) return <div class="pl-wait" role="status" aria-label="The clip is being read" />;
  return texts.value === null ? null : <Folds texts={texts.value} clock={new Clock()} open />;
}
