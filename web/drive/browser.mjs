// SPDX-License-Identifier: GPL-3.0-or-later
// The page in a real Chromium, for tests, measurements and pictures. Each program here reads JSON on stdin, with the
// page's `url` and the path of `chromium`, and prints JSON.
import { text } from "node:stream/consumers";

import { chromium } from "playwright-core";

/** Milliseconds: a busy machine takes a while to start WebAssembly. */
const PATIENCE = 120_000;

export async function run(program) {
  const given = JSON.parse(await text(process.stdin));
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : []; // Chromium's sandbox refuses root
  const browser = await chromium.launch({ executablePath: given.chromium, args });
  try {
    const answer = await program(given, browser);
    console.log(JSON.stringify(answer));
  } finally {
    await browser.close();
  }
}

/** A page that is loaded, isolated and kept for use without a network. options: a browser context's. */
export async function opened(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: new URL(url).origin });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && page.problems.push(message.text()));
  await page.goto(url);
  await page.waitForSelector("html[data-ready][data-offline]", { state: "attached" });
  return page;
}

const turn = (page) => page.evaluate(() => Number(document.documentElement.dataset.shown ?? 0));
const shownAfter = (page, before) =>
  page.waitForFunction((n) => Number(document.documentElement.dataset.shown ?? 0) > n, before);

/** Opens a photo by the file dialog's input, and waits until its edit is on the screen. */
export async function choose(page, path) {
  const before = await turn(page);
  await page.setInputFiles("#file", path);
  await shownAfter(page, before);
}

export async function example(page, name) {
  const before = await turn(page);
  await page.click(`[data-example="${name}"]`);
  await shownAfter(page, before);
}

/** Opens a file that can't be used; the sentence that is shown. */
export async function refused(page, path) {
  await page.setInputFiles("#file", path);
  await page.waitForSelector("#problem:not([hidden])");
  return page.textContent("#problem");
}

/** Saves a copy under `path`; its suggested name. type: image/jpeg or image/png. */
export async function saved(page, type, path) {
  await page.selectOption("#format", type);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
  await download.saveAs(path);
  await page.waitForSelector("#saving", { state: "hidden" });
  return download.suggestedFilename();
}

export const alternatives = (page) => page.waitForSelector("#alternatives button");

/** Waits until the sliders rest and the sharp edit is shown, with what is likely. */
export const rested = (page) => page.evaluate(() => window.page.idle());

/** What a button that copies has put on the clipboard. */
export async function copied(page, button) {
  await page.evaluate(() => navigator.clipboard.writeText(""));
  await page.click(button);
  for (const end = Date.now() + PATIENCE; Date.now() < end; await page.waitForTimeout(20)) {
    const text = await page.evaluate(() => navigator.clipboard.readText());
    if (text) return text;
  }
  throw new Error(`${button} has copied nothing`);
}
