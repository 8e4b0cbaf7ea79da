// SPDX-License-Identifier: GPL-3.0-or-later
/** The service worker: it keeps the page for use without a network, and lets its memory be shared between threads. */

/** Whether threads can share memory: the host, or the service worker, sends the headers for it. */
export const isolated = (): boolean => self.crossOriginIsolated;

const TRIED = "isolation-tried";

/**
 * Starts the service worker. Where the host lacks the headers that threads need, the page is loaded once more with the
 * service worker's, unless it is in use by then.
 */
export async function offline(inUse: () => boolean): Promise<void> {
  const mark = (state: string): void => {
    document.documentElement.dataset["offline"] = state;
  };
  if (!("serviceWorker" in navigator) || !self.isSecureContext) {
    mark("no");
    return;
  }
  try {
    const registration = await navigator.serviceWorker.register("service-worker.js", { updateViaCache: "none" });
    await navigator.serviceWorker.ready;
    if (!isolated() && !inUse() && !sessionStorage.getItem(TRIED)) {
      sessionStorage.setItem(TRIED, "true"); // once: a browser that never isolates would load for ever
      location.reload();
      return;
    }
    const channel = new MessageChannel();
    channel.port1.onmessage = ({ data }: MessageEvent<boolean>) => mark(data ? "yes" : "no");
    registration.active?.postMessage("keep", [channel.port2]);
  } catch {
    mark("no"); // private windows have none; the page works all the same
  }
}
