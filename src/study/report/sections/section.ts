/**
 * @file The shell of a rung: anchor, number, name, one line on what the rung is for.
 */
import { type Content, type Html, html } from "../html.ts";

export function section(
  { id, rung, title, lede }: { id: string; rung?: string; title: string; lede: Content },
  body: Content,
): Html {
  return html`<section id="${id}"><header>${rung && html`<span class="rung sans">${rung}</span>`}<h2>${title}</h2><p class="lede">${lede}</p></header>${body}</section>`;
}
