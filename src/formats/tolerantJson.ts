/**
 * @file JSON as Python and C programs write it: NaN, Infinity and -Infinity stand bare (also nan, inf, -inf).
 *
 * Pure and browser-safe. Everything else is RFC 8259: no comments, no trailing commas. A byte-order mark is skipped, the
 * last of repeated keys wins, keys such as `__proto__` are plain data. What would need unbounded memory or stack is refused
 * before anything is built: more characters, nesting or containers than stated. Numbers beyond 2^53 are rounded.
 * The fast path is the engine's own parser; only what it refuses is read by the one below, which names the position.
 */
import { OntogenyError } from "../core/index.ts";

export interface JsonBounds {
  /** Nested arrays and objects at most. */
  readonly maxDepth?: number;
  readonly maxCharacters?: number;
  /** Arrays and objects at most: each costs some 50 bytes and more, however short its text. */
  readonly maxContainers?: number;
}

/** Errors: JSON_INVALID with line and column, JSON_TOO_DEEP, JSON_TOO_LARGE. */
export function parseTolerantJson(text: string, bounds: JsonBounds = {}): unknown {
  const { maxDepth = 256, maxCharacters = 2 ** 28, maxContainers = 4_000_000 } = bounds;
  if (text.length > maxCharacters)
    throw new OntogenyError(
      "JSON_TOO_LARGE",
      `JSON: expected at most ${maxCharacters} characters, got ${text.length}; split the file, or write one JSON object a line (JSONL), which is read as a stream`,
    );
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  checkNesting(source, maxDepth, maxContainers);
  // A failing attempt costs far more than this look.
  if (BARE_WORD.test(source)) return new TolerantReader(source).document();
  try {
    return JSON.parse(source);
  } catch {
    return new TolerantReader(source).document();
  }
}

const BARE_WORD = /[:,[]\s{0,80}-?(?:NaN|Infinity|nan|inf)\b/;

/** Brackets outside strings, counted without building anything. */
function checkNesting(source: string, maxDepth: number, maxContainers: number): void {
  let [depth, containers] = [0, 0];
  for (let at = 0; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(source, at);
    } else if (code === 0x7b || code === 0x5b) {
      containers++;
      if (++depth > maxDepth)
        throw new OntogenyError(
          "JSON_TOO_DEEP",
          `JSON: expected at most ${maxDepth} nested arrays and objects, got more at ${placeOf(source, at)}; this is no file of measurements`,
        );
      if (containers > maxContainers)
        throw new OntogenyError(
          "JSON_TOO_LARGE",
          `JSON: expected at most ${maxContainers} arrays and objects, got more; write one JSON object a line (JSONL), which is read as a stream`,
        );
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
}

const QUOTE = 0x22;

/** Index of the closing quote, or of the last character where there is none. */
function endOfString(source: string, open: number): number {
  let close = source.indexOf('"', open + 1);
  while (close !== -1 && isEscaped(source, close)) close = source.indexOf('"', close + 1);
  return close === -1 ? source.length : close;
}

function isEscaped(source: string, at: number): boolean {
  let slashes = 0;
  while (source.charCodeAt(at - 1 - slashes) === 0x5c) slashes++;
  return slashes % 2 === 1;
}

const WORDS = new Map<string, unknown>([
  ["true", true],
  ["false", false],
  ["null", null],
  ["NaN", Number.NaN],
  ["-NaN", Number.NaN],
  ["nan", Number.NaN],
  ["-nan", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["inf", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
]);
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y;
const WORD = /-?[A-Za-z]+/y;

/** Recursive descent; depth was bounded before. */
class TolerantReader {
  private readonly source: string;
  private at = 0;

  constructor(source: string) {
    this.source = source;
  }

  document(): unknown {
    const value = this.value();
    this.skipSpace();
    if (this.at < this.source.length) this.fail("the end");
    return value;
  }

  private value(): unknown {
    this.skipSpace();
    switch (this.source[this.at]) {
      case "{":
        return this.object();
      case "[":
        return this.array();
      case '"':
        return this.string();
      default:
        return this.scalar();
    }
  }

  private object(): unknown {
    const members: Record<string, unknown> = {};
    this.at++;
    if (this.accept("}")) return members;
    do {
      this.skipSpace();
      if (this.source[this.at] !== '"') this.fail("a key in double quotes");
      const key = this.string();
      if (!this.accept(":")) this.fail('":"');
      const value = this.value();
      if (key === "__proto__")
        Object.defineProperty(members, key, { value, enumerable: true, writable: true, configurable: true });
      else members[key] = value;
    } while (this.accept(","));
    if (!this.accept("}")) this.fail('"," or "}"');
    return members;
  }

  private array(): unknown[] {
    const items: unknown[] = [];
    this.at++;
    if (this.accept("]")) return items;
    do items.push(this.value());
    while (this.accept(","));
    if (!this.accept("]")) this.fail('"," or "]"');
    return items;
  }

  private string(): string {
    const close = endOfString(this.source, this.at);
    if (close >= this.source.length) this.fail("a closing quote");
    try {
      const text = JSON.parse(this.source.slice(this.at, close + 1)) as string;
      this.at = close + 1;
      return text;
    } catch {
      return this.fail("a string with valid escapes and no control characters");
    }
  }

  private scalar(): unknown {
    const number = this.match(NUMBER);
    if (number !== undefined) return Number(number);
    const start = this.at;
    const word = this.match(WORD);
    if (word !== undefined && WORDS.has(word)) return WORDS.get(word);
    this.at = start;
    return this.fail("a value");
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private accept(character: string): boolean {
    this.skipSpace();
    if (this.source[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private skipSpace(): void {
    let code = this.source.charCodeAt(this.at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = this.source.charCodeAt(++this.at);
  }

  private fail(expected: string): never {
    const rest = this.source.slice(this.at, this.at + 20);
    throw new OntogenyError(
      "JSON_INVALID",
      `JSON: expected ${expected} at ${placeOf(this.source, this.at)}, got ${rest === "" ? "the end of the file: it was cut off" : JSON.stringify(rest)}`,
    );
  }
}

/** 1-based. */
function placeOf(source: string, at: number): string {
  const before = source.slice(0, at);
  const line = before.split("\n").length;
  return `line ${line}, column ${at - before.lastIndexOf("\n")}`;
}
