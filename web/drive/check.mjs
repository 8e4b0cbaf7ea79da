// SPDX-License-Identifier: GPL-3.0-or-later
// Works the page as a user does, once, and tells what was seen: tests/web/test_page.py holds it to what should be.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

import { alternatives, choose, copied, example, opened, refused, rested, run, saved } from "./browser.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Accessibility violations, by axe-core. Its own script is put in past the page's policy, by the debugger. */
async function violations(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 120)}`));
}

/** Pixels of a canvas, as a list of the first of them, enough to see whether two are alike. */
const pixels = (page, id) =>
  page.evaluate((name) => {
    const canvas = document.getElementById(name);
    return Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, Math.min(canvas.height, 8)).data);
  }, id);

async function saves(page, { photos, out }) {
  const seen = {};
  for (const { name, path, type } of photos) {
    await choose(page, path);
    const note = await page.textContent("#status");
    const to = join(out, `${name}.${type === "image/png" ? "png" : "jpg"}`);
    seen[name] = { path: to, note, called: await saved(page, type, to), status: await page.textContent("#status") };
  }
  return seen;
}

async function badInput(page, { bad }) {
  const said = {};
  for (const [name, path] of Object.entries(bad)) said[name] = await refused(page, path);
  return said;
}

async function keyboard(page) {
  const text = (selector) => page.textContent(selector);
  const seen = { before: await text(".row:has(#slider-exposure) output") };
  await page.focus("#slider-exposure");
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
  await rested(page);
  const row = ".row:has(#slider-exposure)";
  Object.assign(seen, { after: await text(`${row} output`), likely: await text(`${row} .likely`) });
  seen.moves = await page.evaluate(() => window.page.moves.length);
  await page.click(`${row} .back`);
  await page.focus("#strength");
  await page.keyboard.press("Home");
  await rested(page);
  seen.atNothing = [await pixels(page, "before"), await pixels(page, "after")];
  await page.keyboard.press("End");
  await rested(page);
  seen.atTwice = await text("#strength-text");
  await page.focus("#divider");
  await page.keyboard.press("ArrowLeft");
  seen.divider = await page.evaluate(() => document.getElementById("frame").style.getPropertyValue("--divider"));
  await page.focus("#show-before");
  await page.keyboard.press("Space");
  seen.onlyBefore = await page.evaluate(() => getComputedStyle(document.getElementById("after")).visibility);
  await page.keyboard.press("Space");
  return seen;
}

/** Alternatives, and what is copied for GIMP. */
async function decisions(page) {
  await alternatives(page);
  const found = [];
  for (const button of await page.$$("#alternatives button")) {
    await button.click();
    await rested(page);
    found.push(JSON.parse(await copied(page, "#copy-json")));
  }
  return { found, line: await copied(page, "#copy-gimp") };
}

/** Each language at desktop and phone width: whether anything sticks out, and axe's findings. */
async function languages(page) {
  const seen = {};
  for (const language of await page.$$eval("#language option", (all) => all.map((each) => each.value))) {
    await page.selectOption("#language", language);
    await page.waitForFunction((code) => document.documentElement.lang === code, language);
    await page.setViewportSize({ width: 360, height: 740 });
    const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    const words = await page.textContent("#sliders");
    seen[language] = { tooWide, words, violations: await violations(page) };
    await page.setViewportSize({ width: 1280, height: 800 });
  }
  await page.selectOption("#language", "en");
  return seen;
}

/** A saving that is cancelled. */
async function cancelled(page) {
  await page.click("#save");
  await page.click("#cancel");
  await page.waitForSelector("#saving", { state: "hidden" });
  return page.textContent("#status");
}

async function dropped(page, path) {
  const data = (await readFile(path)).toString("base64");
  const before = await page.evaluate(() => Number(document.documentElement.dataset.shown));
  await page.evaluate((base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, data);
  await page.waitForFunction((n) => Number(document.documentElement.dataset.shown) > n, before);
}

await run(async (given, browser) => {
  const { url } = given;
  const page = await opened(browser, url, { locale: "en-US" });
  const seen = await page.evaluate(() => ({
    isolated: crossOriginIsolated, threads: window.page.threads, offline: document.documentElement.dataset.offline,
  }));
  seen.atStart = await violations(page);
  await fetch(`${url}loaded`); // a mark in the server's log
  await example(page, "church.jpg");
  seen.decisions = await decisions(page);
  seen.keyboard = await keyboard(page);
  seen.languages = await languages(page);
  seen.saves = await saves(page, given);
  seen.cancelled = await cancelled(page);
  seen.bad = await badInput(page, given);
  seen.withProblem = await violations(page);
  await fetch(`${url}unreachable`); // from here on the server answers nobody
  await page.reload();
  await page.waitForSelector("html[data-ready]", { state: "attached" });
  await example(page, "otters.png");
  await dropped(page, given.photos[0].path);
  seen.problems = page.problems;
  return seen;
});
