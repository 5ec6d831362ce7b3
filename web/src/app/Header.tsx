// Name of what is shown, the two places, theme and help: the same everywhere on the page.
import type { Head } from "../data/source";
import { switchTheme, theme } from "../state/theme";
import { go, view } from "../state/view";
import { count } from "../state/write";

interface HeaderProps {
  head: Head;
  onHelp: () => void;
}

export function Header({ head, onHelp }: HeaderProps) {
  const { place } = view.value;
  const dark = theme.value === "dark";
  return (
    <header class="top">
      <div class="name">
        <span class="brand">SkeletonLLM {head.kind}</span>
        <h1>{head.title}</h1>
        <Licences head={head} />
      </div>
      <nav class="places" aria-label="Places">
        <button
          type="button"
          aria-current={place === "glance" ? "page" : undefined}
          onClick={() => go({ place: "glance" })}
        >
          At a glance
        </button>
        <button
          type="button"
          aria-current={place === "clips" ? "page" : undefined}
          onClick={() => go({ place: "clips" })}
        >
          Clips <span class="number">{count(head.shown)}</span>
        </button>
      </nav>
      <div class="tools">
        <button type="button" class="quiet" title="Dark or light (d)" onClick={switchTheme}>
          <span aria-hidden="true">{dark ? "☀" : "☾"}</span>
          <span class="unseen">{dark ? "Light theme" : "Dark theme"}</span>
        </button>
        <button type="button" class="quiet" title="Keys (?)" onClick={onHelp}>
          <span aria-hidden="true">?</span>
          <span class="unseen">Help with keys</span>
        </button>
      </div>
    </header>
  );
}

function Licences({ head }: { head: Head }) {
  const chart = head.overview.charts.find(({ title }) => /^licen[cs]es?$/i.test(title));
  const names = chart?.bars.map(([name]) => name) ?? [];
  const facts = head.overview.facts.filter(([name]) => /^licen[cs]e/i.test(name));
  const said = names.length > 0 ? names : facts.map(([, value]) => value);
  if (said.length === 0) return null;
  const text = said.length > 3 ? `${said.length} licences` : said.join(", ");
  return <span class="licence">Licence: {text}</span>;
}
