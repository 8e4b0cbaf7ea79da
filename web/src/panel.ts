// SPDX-License-Identifier: GPL-3.0-or-later
/** The controls beside the photo: strength, alternatives, and a row for each slider. */

import type { Edit } from "./edit";
import type { Slider } from "./editor_file";
import { element, make } from "./elements";
import { bare, format } from "./format";
import type { Loaded } from "./messages";
import { word } from "./words";

interface Row {
  slider: Slider;
  whole: HTMLElement;
  /** Off: left alone. */
  on: HTMLInputElement;
  input: HTMLInputElement;
  label: HTMLElement;
  value: HTMLElement;
  likely: HTMLElement;
  back: HTMLButtonElement;
}

/** Of a slider's range: about one of the policy's 33 levels, as in GIMP's dialog; and how fine the mouse is. */
const FINE = 640;

export class Panel {
  private readonly strength = element<HTMLInputElement>("strength");
  private readonly strengthText = element<HTMLOutputElement>("strength-text");
  private readonly pictures = element<HTMLElement>("alternatives");
  private rows: Row[] = [];
  private values: number[] = [];
  private ends: [number[], number[]] | null = null;

  constructor(
    private readonly edit: () => Edit,
    private readonly moved: () => void,
    private readonly chosen: () => void,
  ) {
    this.strength.addEventListener("input", () => {
      edit().strength = Number(this.strength.value) / 100;
      this.say();
      moved();
    });
  }

  /** The rows for an editor's file. */
  build(loaded: Loaded): void {
    this.rows = loaded.sliders.map((slider, k) => this.row(slider, loaded.lowest[k]!, loaded.highest[k]!));
    element("sliders").replaceChildren(...this.rows.map((row) => row.whole));
    this.say();
  }

  private row(slider: Slider, lowest: number, highest: number): Row {
    const id = `slider-${slider.name}`;
    const step = String((highest - lowest) / FINE);
    const row: Row = {
      slider,
      whole: make("div", { className: "row" }),
      on: make("input", { type: "checkbox", checked: true }),
      // min and max before value: the value is held to them
      input: make("input", { type: "range", id, min: String(lowest), max: String(highest), step: "any" }),
      label: make("label", { htmlFor: id }),
      value: make("output", { htmlFor: id } as never),
      likely: make("span", { className: "likely" }),
      back: make("button", { type: "button", className: "back" }, "↺"),
    };
    row.input.addEventListener("keydown", (event) => stepped(event, row.input, Number(step)));
    row.input.addEventListener("input", () => {
      this.edit().byHand.set(slider.name, Number(row.input.value));
      this.moved();
    });
    row.back.addEventListener("click", () => {
      this.edit().byHand.delete(slider.name);
      row.input.focus(); // the button goes
      this.moved();
    });
    row.on.addEventListener("change", () => {
      const { leftAlone } = this.edit();
      if (row.on.checked) leftAlone.delete(slider.name);
      else leftAlone.add(slider.name);
      this.moved();
    });
    row.whole.append(make("div", { className: "names" }, row.on, row.label, row.likely, row.back, row.value), row.input);
    return row;
  }

  /** What the edit is now. */
  show(values: number[]): void {
    this.values = values;
    this.say();
  }

  /** From where to where the best values are likely to be; in GIMP's units. */
  showLikely(low: number[], high: number[]): void {
    this.ends = [low, high];
    this.say();
  }

  begin(): void {
    this.ends = null;
    this.pictures.replaceChildren();
    this.strength.value = "100";
  }

  /** Everything in words, also after the language has changed. */
  say(): void {
    const strength = `${this.strength.value}%`;
    this.strengthText.value = strength;
    this.strength.setAttribute("aria-valuetext", strength);
    const edit = this.edit();
    for (const [k, row] of this.rows.entries()) this.sayRow(row, k, edit);
    for (const [number, button] of [...this.pictures.children].entries()) {
      const name = number === 0 ? word("The agent's choice") : word("Alternative {number}", { number });
      button.setAttribute("aria-label", name);
      (button as HTMLElement).title = name;
    }
  }

  private sayRow(row: Row, k: number, edit: Edit): void {
    const { slider } = row, value = this.values[k];
    const text = word(slider.text), label = word(slider.label);
    row.label.textContent = label;
    row.label.title = word("In GIMP: {menu}", { menu: word(slider.menu) });
    row.on.title = word("Off: leave this slider alone, in later photos too");
    row.on.setAttribute("aria-label", `${label}: ${row.on.title}`);
    row.back.title = word("As the agent chose");
    row.back.setAttribute("aria-label", `${label}: ${row.back.title}`);
    row.whole.hidden = !edit.has(slider);
    if (value === undefined) return;
    const alone = edit.leftAlone.has(slider.name), byHand = edit.byHand.has(slider.name);
    row.input.disabled = alone;
    if (document.activeElement !== row.input || !byHand) row.input.value = String(value);
    const said = format(text, value);
    row.value.textContent = said;
    row.input.setAttribute("aria-valuetext", said);
    row.whole.classList.toggle("moved", Math.fround(value) !== Math.fround(slider.neutral));
    row.back.hidden = !byHand || alone;
    const ends = this.ends?.map((each) => format(bare(text), each[k]!));
    row.likely.textContent =
      alone ? "" : byHand ? word("by hand") : ends ? word("{low} to {high}", { low: ends[0]!, high: ends[1]! }) : "";
    row.likely.title = word("For four photos of five like this one, the agent expects the best value in this range");
  }

  /** Other edits, as pictures to choose from; the policy's own first. */
  showAlternatives(found: { levels: number[]; image: ImageData }[]): void {
    const buttons = found.map(({ levels, image }) => {
      const picture = make("canvas", { width: image.width, height: image.height });
      picture.getContext("2d")!.putImageData(image, 0, 0);
      const button = make("button", { type: "button" }, picture);
      button.addEventListener("click", () => {
        this.edit().choose(levels);
        this.press(button);
        this.chosen();
      });
      return button;
    });
    this.pictures.replaceChildren(...buttons);
    if (buttons[0]) this.press(buttons[0]);
    this.say();
  }

  private press(button: HTMLElement): void {
    for (const each of this.pictures.children) each.setAttribute("aria-pressed", String(each === button));
  }
}

/** A range with any step moves by whole units under the arrow keys, far too much for most sliders. */
function stepped(event: KeyboardEvent, input: HTMLInputElement, fine: number): void {
  const steps: Record<string, number> = {
    ArrowRight: 10, ArrowUp: 10, ArrowLeft: -10, ArrowDown: -10, PageUp: 40, PageDown: -40,
  };
  const count = steps[event.key];
  if (count === undefined) return;
  event.preventDefault();
  input.value = String(Number(input.value) + count * fine * (event.shiftKey ? 0.1 : 1));
  input.dispatchEvent(new Event("input", { bubbles: true }));
}
