// SPDX-License-Identifier: GPL-3.0-or-later
// Builds the page into dist/: node build.mjs. The types are checked by `npm run check`.
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

import * as esbuild from "esbuild";
import { po } from "gettext-parser";

const HERE = dirname(fileURLToPath(import.meta.url)), PROJECT = dirname(HERE), DIST = join(HERE, "dist");
const RUNTIME = join(HERE, "node_modules", "onnxruntime-web");
const PLUG_IN = join(PROJECT, "gimp_plugin", "auto_enhance_rl", "locale");
const LANGUAGES = { de: "de", ja: "ja", "zh-CN": "zh_CN" }; // as browsers say it -> the .po file
const EXAMPLES = ["church.jpg", "valley.jpg", "otters.png"]; // tests/photos/README.md has their licences
/** Bytes of everything but ONNX Runtime. */
const BUDGET = 1_000_000;
const RUNTIME_FILES = ["ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.mjs", "ort.wasm.min.mjs"];
/** ONNX Runtime's own module stays a file of its own, beside its WebAssembly. */
const runtimeApart = {
  name: "runtime apart",
  setup(build) {
    build.onResolve({ filter: /^onnxruntime-web\/wasm$/ }, () => ({ path: "./ort.wasm.min.mjs", external: true }));
  },
};

const options = {
  bundle: true, format: "esm", target: "es2022", minify: true, legalComments: "none",
  plugins: [runtimeApart],
};

/** Texts that the page says: in word("...") of its source, and in data-word and data-label of the page. */
async function texts() {
  const found = new Set();
  for (const name of await readdir(join(HERE, "src"))) {
    const source = await readFile(join(HERE, "src", name), "utf8");
    for (const [, text] of source.matchAll(/\bword\(\s*"((?:[^"\\]|\\.)*)"/g)) found.add(JSON.parse(`"${text}"`));
  }
  const html = await readFile(join(HERE, "index.html"), "utf8");
  for (const [, text] of html.matchAll(/data-(?:word|label)="([^"]*)"/g)) found.add(text);
  return found;
}

const catalogue = async (path) => Object.values(po.parse(await readFile(path)).translations[""] ?? {});
const translated = (entries) =>
  new Map(
    entries.filter((e) => e.msgid && e.msgstr[0] && !/fuzzy/.test(e.comments?.flag ?? "")).map((e) => [e.msgid, e.msgstr[0]]),
  );

/** words/LANGUAGE.json: the plug-in's own words, and the page's where the plug-in has none. */
async function writeWords() {
  const said = await texts(), missing = [];
  await mkdir(join(DIST, "words"), { recursive: true });
  for (const [language, file] of Object.entries(LANGUAGES)) {
    const entries = await catalogue(join(PLUG_IN, `${file}.po`));
    const table = entries.filter((e) => /editor_ops\/sliders/.test(e.comments?.reference ?? "")).map((e) => e.msgid);
    const known = new Map([...translated(await catalogue(join(HERE, "locale", `${file}.po`))), ...translated(entries)]);
    const words = {};
    for (const text of [...said, ...table].sort()) {
      if (known.has(text)) words[text] = known.get(text);
      else missing.push(`${file}.po: ${text}`);
    }
    await writeFile(join(DIST, "words", `${language}.json`), JSON.stringify(words));
  }
  if (missing.length) throw new Error(`not translated (web/locale):\n  ${missing.join("\n  ")}`);
}

async function copyFiles() {
  for (const name of ["index.html", "style.css", "icon.svg", "manifest.webmanifest"]) await cp(join(HERE, name), join(DIST, name));
  for (const name of RUNTIME_FILES) await cp(join(RUNTIME, "dist", name), join(DIST, name));
  await cp(join(PROJECT, "models", "whole-editor", "photo-editor.onnx"), join(DIST, "photo-editor.onnx"));
  for (const name of EXAMPLES) await cp(join(PROJECT, "tests", "photos", name), join(DIST, "examples", name));
  const rows = (await readFile(join(PROJECT, "tests", "photos", "README.md"), "utf8"))
    .split("\n").filter((line) => EXAMPLES.some((name) => line.includes(name)));
  const licences = ["This page: GPL-3.0-or-later.", "ONNX Runtime: MIT, Copyright (c) Microsoft Corporation.",
    await readFile(join(HERE, "runtime-licence.txt"), "utf8"), "The examples:", ...rows];
  await writeFile(join(DIST, "licences.txt"), licences.join("\n\n"));
}

/** Every file of the page, by its path there, with its contents. */
async function listed() {
  const found = [];
  for (const name of (await readdir(DIST, { recursive: true })).sort()) {
    const path = join(DIST, name);
    if ((await stat(path)).isFile()) found.push([name.split(sep).join("/"), await readFile(path)]);
  }
  return found;
}

await rm(DIST, { recursive: true, force: true });
await mkdir(DIST);
await esbuild.build({ ...options, entryPoints: [join(HERE, "src", "main.ts")], outfile: join(DIST, "page.js") });
await esbuild.build({ ...options, entryPoints: [join(HERE, "src", "worker.ts")], outfile: join(DIST, "worker.js") });
await writeWords();
await copyFiles();
const files = await listed();
const hash = createHash("sha256");
for (const [name, contents] of files) hash.update(name).update(contents);
await esbuild.build({
  ...options, entryPoints: [join(HERE, "src", "service_worker.ts")], outfile: join(DIST, "service-worker.js"), format: "iife",
  define: {
    FILES: JSON.stringify(["./", ...files.map(([name]) => name)]),
    VERSION: JSON.stringify(hash.digest("hex").slice(0, 16)),
  },
});
const own = files.filter(([name]) => !RUNTIME_FILES.includes(name));
const bytes = own.reduce((sum, [, contents]) => sum + contents.length, (await stat(join(DIST, "service-worker.js"))).size);
const runtime = files.reduce((sum, [, contents]) => sum + contents.length, 0) - own.reduce((sum, [, c]) => sum + c.length, 0);
console.log(`web/dist: ${bytes.toLocaleString("en")} bytes of ${BUDGET.toLocaleString("en")}, and ${runtime.toLocaleString("en")} of ONNX Runtime`);
if (bytes > BUDGET) {
  console.error(`${bytes - BUDGET} bytes too many:\n${own.map(([name, c]) => `  ${c.length}  ${name}`).join("\n")}`);
  process.exit(1);
}
