// SPDX-License-Identifier: GPL-3.0-or-later
/** What the page says, in the user's language. The build makes words/LANGUAGE.json of the .po files. */

import { Problem } from "./problem";

export const LANGUAGES = { en: "English", de: "Deutsch", ja: "日本語", "zh-CN": "简体中文" } as const;
export type Language = keyof typeof LANGUAGES;
const KEPT = "language";

let words: Record<string, string> = {};

/** A text in the user's language, with what stands in braces filled in. */
export function word(text: string, values: Record<string, string | number> = {}): string {
  return (words[text] ?? text).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A label of GIMP's dialogs without the sign for its key: "S_trength", "強度(_T)". */
export const plain = (text: string): string => text.replace(/\(_\w\)|_/g, "");

/** The one chosen before, else the browser's, else English. */
export function preferred(): Language {
  const known = Object.keys(LANGUAGES) as Language[];
  const wanted = [localStorage.getItem(KEPT) ?? "", ...navigator.languages];
  for (const each of wanted) {
    const found = known.find((language) => language === each || language.slice(0, 2) === each.slice(0, 2));
    if (found) return found;
  }
  return "en";
}

/** Loads a language and says the page's own texts in it: those in elements with data-word and data-label. */
export async function speak(language: Language): Promise<void> {
  words = language === "en" ? {} : ((await (await fetch(`words/${language}.json`)).json()) as Record<string, string>);
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll<HTMLElement>("[data-word]")) {
    element.textContent = plain(word(element.dataset["word"]!));
  }
  for (const element of document.querySelectorAll<HTMLElement>("[data-label]")) {
    element.setAttribute("aria-label", plain(word(element.dataset["label"]!)));
  }
}

export const remember = (language: Language): void => localStorage.setItem(KEPT, language);

/** One sentence about what went wrong. */
export function sentence(error: unknown): string {
  const { kind, values } = error instanceof Problem ? error : new Problem("unexpected", { error: String(error) });
  const said: Record<string, () => string> = {
    empty: () => word("This file is empty: choose another one."),
    "not-a-picture": () => word("This file is no picture that a browser can show: choose a JPEG, PNG, WebP or AVIF file."),
    damaged: () => word("This picture is damaged and can't be opened: export it again, or choose another one."),
    "no-decoder": () => word("This browser can't open {kind} pictures: save yours as JPEG first.", values),
    cmyk: () => word("This picture has CMYK colours, meant for printing: save it as RGB first."),
    "too-large": () => word("This picture has {size} megapixels, and {most} are the most here: make it smaller, or use `trainer enhance`.", values),
    memory: () => word("The browser has too little memory for this picture: close other tabs, or make the picture smaller."),
    policy: () => word("This ONNX file is no whole editor of this version: make one with `trainer export --whole-editor`."),
    "policy-alone": () => word("This policy file holds no editor: make one that does with `trainer export --whole-editor`."),
    "no-editor": () => word("The editor's file can't be loaded: reload the page."),
    worker: () => word("The editor could not start or was ended by the browser: reload the page."),
    cancelled: () => word("Cancelled."),
  };
  return (said[kind] ?? (() => word("Something unexpected happened ({error}): reload the page.", values)))();
}

/** What a copy does not keep of its photo. */
export function note(kind: string): string {
  if (kind === "converted") {
    return word("This photo's colour profile is not sRGB. It is shown and saved in sRGB; `trainer enhance` keeps the profile.");
  }
  return word("This photo has more than 8 bits a sample. It is edited and saved with 8; `trainer enhance` keeps all.");
}
