// Where keys go on when what had the focus has been taken away.

/** Once the page is drawn: the first of these that is there, if nothing has the focus any more. */
export function catchFocus(...places: readonly string[]): void {
  requestAnimationFrame(() => {
    if (document.activeElement !== null && document.activeElement !== document.body) return;
    for (const place of places) {
      const found = document.querySelector<HTMLElement>(place);
      found?.focus({ preventScroll: true });
      if (found) return;
    }
  });
}
