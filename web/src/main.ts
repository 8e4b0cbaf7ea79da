// SPDX-License-Identifier: GPL-3.0-or-later
/** The page: from a dropped photo to a saved copy. */

import { Edit } from "./edit";
import { element, make } from "./elements";
import { consoleLine, decision, filters } from "./gimp";
import { Live } from "./live";
import type { Loaded, SaveAs, Seen, Shown } from "./messages";
import { isolated, settled } from "./offline";
import { Panel } from "./panel";
import { Problem } from "./problem";
import { Remote } from "./remote";
import { cancel, save } from "./saver";
import { Viewer } from "./viewer";
import { LANGUAGES, note, preferred, remember, sentence, speak, word, type Language } from "./words";

/** Of little pictures of alternatives: pixels of the longer side, twice what they have on the screen. */
const SMALL = 176;
/** More threads than that only wait for each other: the graph's strips are small. */
const MOST_THREADS = 4;
const threads = isolated() ? Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1) : 1;

let remote = new Remote();
/** Of the user's own; none for the page's. */
let editor: Uint8Array | undefined;
let loaded: Loaded | undefined;
let edit = new Edit([]);
let photo: { file: File; seen: Seen } | undefined;
let values: number[] = [];
/** Counts the photos: answers about an earlier one are dropped. */
let turn = 0;
/** What the status says, again after the language has changed. */
let status: () => string = () => "";

const viewer = new Viewer();
const live = new Live(() => remote, show, complain);
const panel = new Panel(() => edit, moved, moved);
let ready: Promise<void>;

function say(text: () => string): void {
  status = text;
  element("status").textContent = text();
}

function complain(error: unknown): void {
  const text = (): string => sentence(error);
  if (error instanceof Problem && error.kind === "cancelled") {
    say(text);
    return;
  }
  element("problem").textContent = text();
  element("problem").hidden = false;
  say(() => "");
}

function clearProblem(): void {
  element("problem").hidden = true;
  element("problem").textContent = "";
}

async function load(): Promise<void> {
  loaded = await remote.ask("load", { threads, ...(editor ? { editor } : {}) });
  const { leftAlone } = edit;
  edit = new Edit(loaded.sliders);
  for (const name of leftAlone) edit.leftAlone.add(name);
  panel.build(loaded);
  document.documentElement.dataset["ready"] = "true";
}

/** A photo, or an editor's file of the user's own. */
async function take(file: File): Promise<void> {
  clearProblem();
  try {
    if (/\.onnx$/i.test(file.name)) await takeEditor(file);
    else await takePhoto(file);
  } catch (error) {
    if (!(error instanceof Problem && error.kind === "too-late")) complain(error);
  }
}

async function takePhoto(file: File): Promise<void> {
  const mine = ++turn;
  live.stop();
  say(() => word("The agent looks at the photo…"));
  await ready;
  const seen = await remote.ask("open", { file });
  if (mine !== turn) return;
  photo = { file, seen };
  edit.begin(seen.levels, seen.probabilities, seen.grey);
  panel.begin();
  document.body.dataset["state"] = "photo";
  viewer.begin(seen.before, seen.width, seen.height);
  await live.sharp(edit.wanted());
  if (mine !== turn) return;
  const unmoved = edit.sliders.every((slider, k) => values[k] === slider.neutral);
  say(() =>
    [
      ...(unmoved ? [word("Nothing to change: the agent would leave this photo as it is.")] : []),
      ...seen.notes.map(note),
    ].join(" "),
  );
  document.documentElement.dataset["shown"] = String(mine);
  const found = await remote.ask("alternatives", { set: edit.set(false), side: SMALL });
  if (mine === turn) panel.showAlternatives(found);
}

async function takeEditor(file: File): Promise<void> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const fresh = new Remote();
  try {
    await fresh.ask("load", { threads, editor: bytes });
  } catch (error) {
    fresh.end();
    throw error;
  }
  remote.end();
  [remote, editor] = [fresh, bytes];
  ready = load();
  await ready;
  say(() => word("Now with the editor “{name}”.", { name: loaded!.name }));
  if (photo) await takePhoto(photo.file);
}

function moved(): void {
  if (photo) live.move(edit.wanted());
}

function show(shown: Shown, sharp: boolean): void {
  values = shown.values;
  viewer.show(shown.image);
  panel.show(values);
  if (sharp) void showLikely();
}

async function likely(): Promise<[number[], number[]]> {
  const { strength } = edit, set = edit.set(false);
  const [low, high] = edit.likely().map((levels) => remote.ask("decide", { levels, strength, set }));
  return [await low!, await high!];
}

async function showLikely(): Promise<void> {
  try {
    panel.showLikely(...(await likely()));
  } catch {
    // the worker was ended for another one, which shows its own
  }
}

async function saveCopy(): Promise<void> {
  if (!photo) return;
  clearProblem();
  const type = element<HTMLSelectElement>("format").value as SaveAs;
  const { file, seen } = photo;
  const button = element<HTMLButtonElement>("save");
  button.disabled = true;
  try {
    await save({ file, values, type, threads, pixels: seen.width * seen.height, ...(editor ? { editor } : {}) });
    say(() => word("Saved at full size, {width} × {height}.", { width: seen.width, height: seen.height }));
  } catch (error) {
    complain(error);
  } finally {
    button.disabled = false;
    button.focus();
  }
}

/** Copies text, or where the browser doesn't let us, shows it to be copied. */
async function copy(text: string, said: () => string): Promise<void> {
  const box = element<HTMLTextAreaElement>("copied");
  try {
    await navigator.clipboard.writeText(text);
    box.hidden = true;
  } catch {
    box.value = text;
    box.hidden = false;
    box.select();
  }
  say(said);
}

const longSide = (): number => Math.max(photo!.seen.width, photo!.seen.height);

async function copyForGimp(): Promise<void> {
  const line = consoleLine(filters(edit.sliders, values, longSide(), word));
  await copy(line, () =>
    word("Copied. In GIMP 3, open the photo, then Filters > Development > Python-Fu > Python Console, paste and press Enter."),
  );
}

async function copyDecision(): Promise<void> {
  const [low, high] = await likely();
  await copy(JSON.stringify(decision(edit, loaded!, longSide(), values, low, high), null, 1), () => word("Copied."));
}

async function takeExample(name: string): Promise<void> {
  const response = await fetch(`examples/${name}`);
  const blob = await response.blob();
  await take(new File([blob], name, { type: blob.type }));
}

function wireFiles(): void {
  const input = element<HTMLInputElement>("file");
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    input.value = ""; // so that the same file can be chosen again
    if (file) void take(file);
  });
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-example]")) {
    button.addEventListener("click", () => void takeExample(button.dataset["example"]!));
  }
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    const file = event.dataTransfer?.files[0];
    if (file) void take(file);
  });
  document.addEventListener("paste", (event) => {
    const file = event.clipboardData?.files[0];
    if (file) void take(file);
  });
}

function wireButtons(): void {
  element("save").addEventListener("click", () => void saveCopy());
  element("cancel").addEventListener("click", cancel);
  element("copy-gimp").addEventListener("click", () => void copyForGimp());
  element("copy-json").addEventListener("click", () => void copyDecision().catch(complain));
}

async function wireLanguage(): Promise<void> {
  const select = element<HTMLSelectElement>("language");
  for (const [code, name] of Object.entries(LANGUAGES)) {
    select.append(make("option", { value: code, lang: code }, name));
  }
  select.addEventListener("change", () => {
    remember(select.value as Language);
    void speak(select.value as Language).then(() => {
      panel.say();
      element("status").textContent = status();
    });
  });
  select.value = preferred();
  await speak(select.value as Language);
}

async function start(): Promise<void> {
  await wireLanguage();
  wireFiles();
  wireButtons();
  ready = settled(() => turn > 0).then(load);
  ready.catch(complain);
}

void start();
// For tests and measurements: what the page knows of itself.
Object.assign(window, { page: { moves: live.moves, idle: () => live.idle(), threads } });
