// SPDX-License-Identifier: GPL-3.0-or-later
// How long the page lets a user wait: benchmarks/web_page.py prints it.
import { alternatives, choose, example, opened, rested, run, saved } from "./browser.mjs";

/** Milliseconds between two movements of a slider: as often as a hand that drags moves it visibly. */
const BETWEEN = 60;
const MOVES = 25;

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

/** What each move of a slider took, from the key to the edit on the screen, and the size that it was shown at. */
async function moving(page, slider) {
  await page.focus(`#slider-${slider}`);
  const from = await page.evaluate(() => window.page.moves.length);
  for (let i = 0; i < MOVES; i++) {
    await page.keyboard.press(i % 2 ? "ArrowLeft" : "ArrowRight");
    await page.waitForTimeout(BETWEEN);
  }
  await rested(page);
  return page.evaluate((n) => window.page.moves.slice(n), from);
}

async function saving(page, to) {
  const start = Date.now();
  await saved(page, "image/jpeg", to);
  return Date.now() - start;
}

await run(async ({ url, photo, large, out }, browser) => {
  const start = Date.now();
  const page = await opened(browser, url, { locale: "en-US" });
  const seen = { ready: Date.now() - start, threads: await page.evaluate(() => window.page.threads) };
  await example(page, "church.jpg"); // the first edit of a session is slower: the browser compiles what it runs often
  await alternatives(page);
  seen.shown = await opening(page, photo);
  seen.alternatives = -Date.now();
  await alternatives(page);
  seen.alternatives += Date.now();
  seen.moves = {};
  for (const slider of ["exposure", "saturation", "shadows", "clarity"]) seen.moves[slider] = await moving(page, slider);
  seen.saved = await saving(page, `${out}/photo.jpg`);
  seen.shownLarge = await opening(page, large);
  await alternatives(page);
  seen.savedLarge = await saving(page, `${out}/large.jpg`);
  return seen;
});
