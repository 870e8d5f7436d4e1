/**
 * @file The frame of a figure: an <svg> with a viewBox, a title and a description for those who cannot see it.
 *
 * Figures are drawn for their viewBox width in CSS pixels and scale down with the page, never up.
 */
import { type Content, type Html, svg } from "../html.ts";

export interface FrameOptions {
  /** Unique in the document; letters, digits, hyphens. */
  readonly id: string;
  readonly title: string;
  /** What a reader would see: axes, main values. */
  readonly desc: string;
  readonly width: number;
  readonly height: number;
  readonly className?: string;
}

export function frame({ id, title, desc, width, height, className }: FrameOptions, body: Content): Html {
  return svg`<svg class="${className === undefined ? "plot" : `plot ${className}`}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${title}</title><desc id="${id}-d">${desc}</desc>${body}</svg>`;
}

/** Where the data go inside a frame. */
export interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export function plotArea(
  width: number,
  height: number,
  margin: { top: number; right: number; bottom: number; left: number },
): PlotArea {
  return { left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom };
}
