import "./style/tokens.css";
import "./style/base.css";
import "./style/frame.css";
import "./style/glance.css";
import "./style/browser.css";
import { render } from "preact";
import { App } from "./app/App";
import { openPage } from "./app/opened";
import { readHead } from "./data/open";
import { messageOf } from "./state/write";

function start(): void {
  const place = document.getElementById("app") ?? document.body.appendChild(newPlace());
  try {
    const head = readHead();
    document.title = head.title;
    render(<App head={head} opened={openPage(head)} />, place);
  } catch (error) {
    render(<Broken why={messageOf(error)} />, place);
  }
}

function newPlace(): HTMLElement {
  const place = document.createElement("div");
  place.id = "app";
  return place;
}

function Broken({ why }: { why: string }) {
  return (
    <main class="empty">
      <h1>This page cannot be shown</h1>
      <p role="alert">{why}</p>
    </main>
  );
}

if (document.getElementById("sk-head")) start();
else document.addEventListener("DOMContentLoaded", start);
