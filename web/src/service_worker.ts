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

// Takes the open pages over. Caches of earlier builds go as soon as this one's is whole (`keep`).
self_.addEventListener("activate", (event) => (event as Waiting).waitUntil(self_.clients.claim()));

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

const addressOf = (file: string): string => new URL(file, self_.registration.scope).href;

/** Every file of the page, of which most are there already. */
async function keep(): Promise<void> {
  const cache = await caches.open(NAME);
  for (const url of FILES.map(addressOf)) {
    await (await ours(url)).body?.cancel();
    await coming.get(url);
    if (!(await cache.match(url))) throw new Error(url);
  }
  for (const name of await caches.keys()) if (name.startsWith("page-") && name !== NAME) await caches.delete(name);
}

/** Files that are under way into the cache: nothing is asked for twice. */
const coming = new Map<string, Promise<unknown>>();

/** A file of the page: from the cache, else from the host and into the cache. */
async function ours(url: string): Promise<Response> {
  const cache = await caches.open(NAME);
  await coming.get(url);
  const known = await cache.match(url);
  if (known) return known;
  const asked = fetch(url, FRESH);
  const stored = asked.then((response) => (response.ok ? cache.put(url, response.clone()) : undefined));
  coming.set(url, stored.catch(() => {}).finally(() => coming.delete(url)));
  return asked;
}

self_.addEventListener("fetch", (event) => {
  const { request } = event as Fetching;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  (event as Fetching).respondWith(answer(request));
});

async function answer(request: Request): Promise<Response> {
  const address = new URL(request.url), url = `${address.origin}${address.pathname}`;
  const response = await (FILES.some((file) => addressOf(file) === url) ? ours(url) : fetch(request));
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
