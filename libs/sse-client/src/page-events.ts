/** Looks out for what happens to a browser's page or worker; elsewhere nothing does. */
export interface PageHandlers {
  /** The network is back, or the page is in sight or in use again. */
  onWake(): void;
  /** The page goes to the back/forward cache, which an open connection would keep it from. */
  onHide(): void;
}

export function watchPage(
  { onWake, onHide }: PageHandlers,
  signal: AbortSignal,
): void {
  const listener = ({ type, persisted }: Event & { persisted?: boolean }) => {
    if (type !== 'pagehide') onWake();
    else if (persisted) onHide();
  };
  for (const type of ['online', 'visibilitychange', 'pageshow', 'pagehide'])
    globalThis.addEventListener?.(type, listener, { signal });
}
