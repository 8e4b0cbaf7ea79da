// SPDX-License-Identifier: GPL-3.0-or-later
// How long the page lets a user wait: benchmarks/web_page.py prints it.
import { readdirSync, readFileSync } from "node:fs";

import { alternatives, choose, example, opened, rested, run, saved } from "./browser.mjs";

/** Milliseconds between two movements of a slider: as often as a hand that drags moves it visibly. */
const BETWEEN = 60;
const MOVES = 25;

/** Milliseconds: a tick of the times in /proc. */
const TICK = 10;

/** Milliseconds of processor time that the browser has taken so far, all its processes and threads together. */
function worked() {
  const processes = new Map();
  for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    try {
      const fields = readFileSync(`/proc/${name}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
      processes.set(Number(name), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) });
    } catch {
      // it has ended
    }
  }
  const ours = (id) => id === process.pid || (processes.has(id) && ours(processes.get(id).parent));
  const browsers = [...processes].filter(([id, { parent }]) => id !== process.pid && ours(parent));
  return browsers.reduce((sum, [, { ticks }]) => sum + ticks * TICK, 0);
}

/** What some work took by the clock, and of the processor. */
async function timed(work) {
  const [start, before] = [Date.now(), worked()];
  const clock = (await work()) ?? Date.now() - start;
  return { clock, processor: worked() - before };
}

/** Milliseconds from the moment that the page gets the file to its edit on the screen. */
async function opening(page, path) {
  await page.evaluate(() => {
    window.times = {};
    document.getElementById("file").addEventListener("change", () => (window.times.given = performance.now()), { once: true });
    new MutationObserver((_, observer) => {
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => (window.times.shown = performance.now())));
    }).observe(document.documentElement, { attributeFilter: ["data-shown"] });
  });
  await choose(page, path);
  await page.waitForFunction(() => window.times.shown);
  return page.evaluate(() => window.times.shown - window.times.given);
}

/** What the moves of a slider took, each from the key to the edit on the screen, and the sizes that they had. */
async function moving(page, slider) {
  await page.focus(`#slider-${slider}`);
  const from = await page.evaluate(() => window.page.moves.length);
  const { processor } = await timed(async () => {
    for (let i = 0; i < MOVES; i++) {
      await page.keyboard.press(i % 2 ? "ArrowLeft" : "ArrowRight");
      await page.waitForTimeout(BETWEEN);
    }
  });
  const moves = await page.evaluate((n) => window.page.moves.slice(n), from);
  await rested(page);
  return { moves, processor: processor / moves.length };
}

const saving = (page, to) => timed(() => saved(page, "image/jpeg", to).then(() => undefined));

await run(async ({ url, photo, large, out }, browser) => {
  const seen = {};
  let page;
  seen.ready = await timed(async () => {
    page = await opened(browser, url, { locale: "en-US" });
  });
  seen.threads = await page.evaluate(() => window.page.threads);
  await example(page, "church.jpg"); // the first edit of a session is slower: the browser compiles what it runs often
  await alternatives(page);
  seen.shown = await timed(() => opening(page, photo));
  seen.alternatives = await timed(() => alternatives(page).then(() => undefined));
  seen.moves = {};
  for (const slider of ["exposure", "saturation", "shadows", "clarity"]) seen.moves[slider] = await moving(page, slider);
  seen.saved = await saving(page, `${out}/photo.jpg`);
  seen.shownLarge = await timed(() => opening(page, large));
  await alternatives(page);
  seen.savedLarge = await saving(page, `${out}/large.jpg`);
  return seen;
});
