// SPDX-License-Identifier: GPL-3.0-or-later
/** The photo before and after, with a divider between them. */

import { element } from "./elements";

export class Viewer {
  private readonly frame = element<HTMLElement>("frame");
  private readonly before = element<HTMLCanvasElement>("before");
  private readonly after = element<HTMLCanvasElement>("after");
  private readonly divider = element<HTMLInputElement>("divider");
  private readonly button = element<HTMLButtonElement>("show-before");

  constructor() {
    this.divider.addEventListener("input", () => this.divide());
    this.button.addEventListener("click", () => {
      const shown = this.button.getAttribute("aria-pressed") !== "true";
      this.button.setAttribute("aria-pressed", String(shown));
      this.frame.classList.toggle("only-before", shown);
    });
  }

  /** A new photo, not edited yet. width, height: of the photo itself. */
  begin(before: ImageBitmap, width: number, height: number): void {
    for (const canvas of [this.before, this.after]) {
      [canvas.width, canvas.height] = [before.width, before.height];
      canvas.getContext("2d")!.drawImage(before, 0, 0);
    }
    before.close();
    const around = this.frame.parentElement!;
    around.style.setProperty("--ratio", String(width / height));
    around.style.setProperty("--own-width", `${width}px`);
    this.divide();
  }

  show(image: ImageData): void {
    [this.after.width, this.after.height] = [image.width, image.height];
    this.after.getContext("2d")!.putImageData(image, 0, 0);
  }

  private divide(): void {
    this.frame.style.setProperty("--divider", `${this.divider.value}%`);
  }
}
