/** Looks out for what happens to a browser's page or worker; elsewhere nothing does. */
export interface PageHandlers {
  /** The network is back, or the page is in sight or in use again. */
  onWake(): void;
  /** The page goes to the back/forward cache, which an open connection would keep it from. */
  onHide(): void;
  /** The page is back from there. */
  onShow(): void;
}

export function watchPage(
  { onWake, onHide, onShow }: PageHandlers,
  signal: AbortSignal,
): void {
  const listener = ({ type, persisted }: Event & { persisted?: boolean }) => {
    if (persisted) return type === 'pagehide' ? onHide() : onShow();
    // A page on its way to the cache becomes invisible after it said goodbye.
    if (!globalThis.document?.hidden) onWake();
  };
  for (const type of ['online', 'visibilitychange', 'pageshow', 'pagehide'])
    globalThis.addEventListener?.(type, listener, { signal });
}
