// SPDX-License-Identifier: GPL-3.0-or-later
/** The service worker: it keeps the page for use without a network, and lets its memory be shared between threads. */

/** Whether threads can share memory: the host, or the service worker, sends the headers for it. */
export const isolated = (): boolean => self.crossOriginIsolated;

const TRIED = "isolation-tried";
/** Milliseconds that the editor waits for the service worker at most, whose file is small. */
const PATIENCE = 3000;

/** Starts the service worker. Where it can't be, the page works all the same, but not without a network. */
async function registered(): Promise<ServiceWorkerRegistration | null> {
  if (!("serviceWorker" in navigator) || !self.isSecureContext) return null;
  try {
    await navigator.serviceWorker.register("service-worker.js", { updateViaCache: "none" });
    return await navigator.serviceWorker.ready;
  } catch {
    return null; // private windows refuse it
  }
}

/**
 * Starts the service worker; done when the page stays. Where the host lacks the headers that threads need, the page is
 * loaded once more with the service worker's, unless it is in use by then.
 */
export async function settled(inUse: () => boolean): Promise<void> {
  const known = registered();
  void known.then(keep);
  if (isolated() || sessionStorage.getItem(TRIED)) return;
  const late = new Promise<null>((done) => setTimeout(() => done(null), PATIENCE));
  if (!(await Promise.race([known, late])) || inUse()) return;
  sessionStorage.setItem(TRIED, "true"); // once: a browser that never isolates would load for ever
  location.reload();
  await new Promise(() => {}); // nothing more is done here
}

/** Has the service worker keep every file, and says on the page's root whether it does. */
function keep(registration: ServiceWorkerRegistration | null): void {
  const mark = (kept: boolean): void => {
    document.documentElement.dataset["offline"] = kept ? "yes" : "no";
  };
  if (!registration?.active) {
    mark(false);
    return;
  }
  const channel = new MessageChannel();
  channel.port1.onmessage = ({ data }: MessageEvent<boolean>) => mark(data);
  registration.active.postMessage("keep", [channel.port2]);
}
