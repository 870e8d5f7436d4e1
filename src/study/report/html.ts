/**
 * @file Markup that cannot be injected into: a tagged template whose every interpolated value is escaped.
 *
 * Only `html` and `svg` make Html; text from a study (names, notes, file contents) goes in as a string and comes out as
 * text. Control characters and unpaired surrogates, which HTML forbids, become U+FFFD. There is no way to pass raw text.
 */
import { DomainError } from "../../core/index.ts";

export class Html {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** For `html` and `svg` only. */
  static ofEscaped(text: string): Html {
    return new Html(text);
  }

  toString(): string {
    return this.text;
  }
}

export type Content = Html | string | number | boolean | null | undefined | readonly Content[];

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is replaced
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]|\p{Surrogate}/gu;
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Safe between tags and inside quoted attributes. */
export function escapeText(text: string): string {
  return text.replace(FORBIDDEN, "\ufffd").replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** Text escaped, Html as it is, arrays in order; null, undefined, true and false print nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return Html.ofEscaped(strings.reduce((text, part, i) => text + render(values[i - 1]) + part));
}

/**
 * As `html`, for coordinates: numbers are rounded to two decimals. Throws OUT_OF_DOMAIN for a number that is not finite,
 * since a mark at NaN would vanish unseen: callers leave such marks out and say so.
 */
export function svg(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return Html.ofEscaped(strings.reduce((text, part, i) => text + render(rounded(values[i - 1])) + part));
}

export const EMPTY = html``;

function render(value: Content): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(render).join("");
  if (value === null || value === undefined || typeof value === "boolean") return "";
  return escapeText(String(value));
}

function rounded(value: Content): Content {
  if (typeof value !== "number") return value;
  if (!Number.isFinite(value)) throw new DomainError("svg coordinate", "a finite number", value);
  return Math.round(value * 100) / 100;
}
