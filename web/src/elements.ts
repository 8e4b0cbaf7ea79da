// SPDX-License-Identifier: GPL-3.0-or-later
/** Elements of the page. */

/** One that index.html has. */
export const element = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;

/** A new one. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
