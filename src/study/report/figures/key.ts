/**
 * @file A key: small drawn samples with words, above a figure, for what cannot be labelled in place.
 */
import { type Content, type Html, html, svg } from "../html.ts";

export interface KeyItem {
  readonly label: Content;
  /** Drawn in a box 26 × 14 with its middle at (13, 7). */
  readonly sample: Content;
}

export function key(items: readonly KeyItem[]): Html {
  return html`<div class="key">${items.map(
    ({ label, sample }) =>
      html`<span>${svg`<svg class="plot" viewBox="0 0 26 14" width="26" height="14" aria-hidden="true"><title>Key</title><desc>Sample of a mark; its meaning stands beside it.</desc>${sample}</svg>`}${label}</span>`,
  )}</div>`;
}

export function lineSample(classes: string): Html {
  return svg`<line class="${classes}" x1="1" x2="25" y1="7" y2="7"/>`;
}
