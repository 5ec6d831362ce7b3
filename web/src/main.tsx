import "./style/base.css";
import { render } from "preact";
import { openSource, readHead } from "./data/open";
import { Player } from "./player/Player";

async function start(): Promise<void> {
  const source = await openSource(readHead());
  render(<Player source={source} row={0} />, document.body);
}

void start();
