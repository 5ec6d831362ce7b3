/** A link to this clip at this time, to be sent to someone. */
import { useEffect, useState } from "preact/hooks";
import { formatView, START } from "../state/view";
import type { Clock } from "./clock";

export interface CopyLinkProps {
  clip: string;
  versus: string | null;
  clock: Clock;
}

export function CopyLink({ clip, versus, clock }: CopyLinkProps) {
  const [said, setSaid] = useState("");
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    setSaid("");
    setAddress(null);
  }, [clip]);
  const copy = async () => {
    const view = { ...START, place: "clips", clip, versus, time: clock.time } as const;
    const link = location.href.replace(/#.*$/, "") + formatView(view);
    try {
      await navigator.clipboard.writeText(link);
      setSaid("Copied");
      setTimeout(() => setSaid(""), 2000);
    } catch {
      // A page without the right to the clipboard shows what is to be copied.
      setAddress(link);
    }
  };
  return (
    <div class="pl-copy">
      <button type="button" onClick={() => void copy()} title="Link to this clip at this time">
        {said || "Copy link"}
      </button>
      <span class="pl-sr" role="status">
        {said && "The link to this clip at this time was copied"}
      </span>
      {address !== null && (
        <input
          readOnly
          aria-label="Link to this clip at this time"
          value={address}
          ref={(input) => input?.select()}
        />
      )}
    </div>
  );
}
