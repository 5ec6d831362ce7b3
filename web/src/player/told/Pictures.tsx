/** Pictures of renderers, in step with time. */
import type { Picture } from "../../data/source";
import type { Clock } from "../clock";
import { useClock } from "../clock";

export interface PicturesProps {
  pictures: readonly Picture[];
  clock: Clock;
}

export function Pictures({ pictures, clock }: PicturesProps) {
  const shown = pictures.filter((picture) => picture.frames.length > 0);
  if (shown.length === 0) return null;
  return (
    <section class="pl-pictures">
      <h3>What the model sees</h3>
      <div class="pl-row">
        {shown.map((picture) => (
          <Frame key={picture.name} picture={picture} clock={clock} />
        ))}
      </div>
    </section>
  );
}

function Frame({ picture, clock }: { picture: Picture; clock: Clock }) {
  const { frames, fps, name } = picture;
  // A picture stands for its stretch of time, and shows the middle of it.
  const at = useClock(clock, (c) => Math.min(frames.length - 1, Math.floor(c.time * fps + 1e-6)));
  return (
    <figure>
      <img src={frames[at]} alt={`Frame ${at + 1} of ${frames.length}, drawn by ${name}`} />
      <figcaption>{name.replaceAll("_", " ")}</figcaption>
    </figure>
  );
}
