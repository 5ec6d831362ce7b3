// All keys, in a dialog.
import { useEffect, useRef } from "preact/hooks";
import { PLAYER_KEYS } from "../player/keys";
import { KEYS } from "./keys";

interface HelpProps {
  open: boolean;
  onClose: () => void;
}

export function Help({ open, onClose }: HelpProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={onClose}>
      <div class="help-head">
        <h2 id="help-title">Keys</h2>
        <button type="button" class="quiet" onClick={onClose}>
          <span aria-hidden="true">×</span>
          <span class="unseen">Close</span>
        </button>
      </div>
      <Keys title="Page and list" of={KEYS} />
      <Keys title="Player" of={PLAYER_KEYS} />
    </dialog>
  );
}

function Keys({ title, of }: { title: string; of: readonly (readonly [string, string])[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl class="keys">
        {of.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(/, (?=.)/).map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
