// SPDX-License-Identifier: GPL-3.0-or-later
/** Keeps the page's files, and gives each answer the headers that let threads share memory. */

declare const FILES: string[];
declare const VERSION: string;
const self_ = self as unknown as ServiceWorkerGlobalScope;
interface ServiceWorkerGlobalScope extends EventTarget {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  registration: { scope: string };
}
interface Waiting extends Event {
  waitUntil(until: Promise<unknown>): void;
}
interface Fetching extends Waiting {
  request: Request;
  respondWith(response: Promise<Response>): void;
}

/** One cache for each build: its name is the hash of all files. */
const NAME = `page-${VERSION}`;
/** Past the browser's own cache, which may hold files of an earlier build. */
const FRESH: RequestInit = { cache: "no-cache" };
const ISOLATION = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

self_.addEventListener("install", (event) => (event as Waiting).waitUntil(self_.skipWaiting()));

self_.addEventListener("activate", (event) => (event as Waiting).waitUntil(begin()));

/** Takes the open pages over. Caches of earlier builds go as soon as this one is whole (`keep`). */
async function begin(): Promise<void> {
  await self_.clients.claim();
}

self_.addEventListener("message", (event) => {
  const { data, ports } = event as MessageEvent<string>;
  if (data !== "keep") return;
  (event as unknown as Waiting).waitUntil(
    keep().then(
      () => ports[0]?.postMessage(true),
      () => ports[0]?.postMessage(false),
    ),
  );
});

/** Every file of the page, of which most are there already. */
async function keep(): Promise<void> {
  const cache = await caches.open(NAME);
  for (const file of FILES) {
    const url = new URL(file, self_.registration.scope).href;
    if (!(await cache.match(url))) await cache.add(new Request(url, FRESH));
  }
  for (const name of await caches.keys()) if (name.startsWith("page-") && name !== NAME) await caches.delete(name);
}

self_.addEventListener("fetch", (event) => {
  const { request } = event as Fetching;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  (event as Fetching).respondWith(answer(request));
});

async function answer(request: Request): Promise<Response> {
  const address = new URL(request.url), url = `${address.origin}${address.pathname}`;
  const ours = FILES.some((file) => new URL(file, self_.registration.scope).href === url);
  const cache = await caches.open(NAME);
  let response = ours ? await cache.match(url) : undefined;
  if (!response) {
    response = await (ours ? fetch(url, FRESH) : fetch(request));
    if (ours && response.ok) await cache.put(url, response.clone());
  }
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
