// SPDX-License-Identifier: GPL-3.0-or-later
/** A worker, as functions that give promises. */

import type { Answer, Requests } from "./messages";
import { Problem } from "./problem";

interface Waiting {
  done: (value: unknown) => void;
  failed: (error: Error) => void;
  stage: ((name: "editing" | "writing") => void) | undefined;
}

export class Remote {
  private readonly worker = new Worker(new URL("worker.js", document.baseURI), { type: "module" });
  private readonly waiting = new Map<number, Waiting>();
  private newest = 0;

  constructor() {
    this.worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      const asked = this.waiting.get(data.id);
      if (!asked) return;
      if ("stage" in data) {
        asked.stage?.(data.stage);
        return;
      }
      this.waiting.delete(data.id);
      if ("kind" in data) asked.failed(new Problem(data.kind, data.values));
      else asked.done(data.done);
    });
    // It could not be loaded, or it ended: browsers end a worker that has no memory left.
    this.worker.addEventListener("error", (event) => this.end(new Problem("worker", { error: event.message ?? "" })));
  }

  ask<Name extends keyof Requests>(
    name: Name,
    given: Requests[Name][0],
    stage?: (name: "editing" | "writing") => void,
  ): Promise<Requests[Name][1]> {
    const id = ++this.newest;
    return new Promise((done, failed) => {
      this.waiting.set(id, { done: done as (value: unknown) => void, failed, stage });
      this.worker.postMessage({ id, name, given });
    });
  }

  /** Ends the worker, in the middle of whatever it does, and gives its memory back. */
  end(reason = new Problem("cancelled")): void {
    this.worker.terminate();
    for (const { failed } of this.waiting.values()) failed(reason);
    this.waiting.clear();
  }
}
