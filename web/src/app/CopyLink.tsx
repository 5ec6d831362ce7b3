// A link to what is in sight.
import { useState } from "preact/hooks";
import { formatView, view } from "../state/view";
import { announce } from "./announce";

export async function copyLink(): Promise<boolean> {
  const link = location.href.replace(/#.*$/, "") + formatView(view.peek());
  const copied = await toClipboard(link);
  announce(copied ? "Link copied" : "The browser does not let the page copy: take the address");
  return copied;
}

/** The modern way is closed to some pages that were opened from disk. */
async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

export function CopyLink() {
  const [said, setSaid] = useState("Copy link");
  const click = async () => {
    setSaid((await copyLink()) ? "Copied" : "Take the address");
    setTimeout(() => setSaid("Copy link"), 2000);
  };
  return (
    <button type="button" class="button small copy" title="Copy a link to this (y)" onClick={click}>
      {said}
    </button>
  );
}
