/**
 * @file The number of parameters that a run's or model's name states.
 *
 * Rule: a whole word that is a number followed by k, m, b or t ("160m", "1.4B", "1B3", "8x7b" = 56b), or width × depth ("256x23",
 * taken as 12·width²·depth, a transformer's weights without embeddings). Words are what stands between characters that are
 * neither letters, digits nor dots. A word before or after "tokens" or "steps" is not a size. Of several words the first of the
 * last path component that has one counts. It says nothing where the name does.
 */

const UNITS: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, b: 1e9, t: 1e12 };
/** Layers beyond this, or a width below it, are something else (an image's size). */
const DEEPEST = 200;
const NARROWEST = 64;

export function sizeFromName(name: string): number | undefined {
  for (const part of name.split(/[/\\]/).reverse()) {
    const words = part.split(/[^A-Za-z0-9.]+/);
    for (const [i, word] of words.entries()) {
      if (isCounter(words[i + 1]) || isCounter(words[i - 1])) continue;
      const size = sizeOfWord(word.replace(/^\.+|\.+$/g, ""));
      if (size !== undefined) return size;
    }
  }
  return undefined;
}

function sizeOfWord(word: string): number | undefined {
  const counted = /^(?:(\d{1,3})x)?(\d{1,6}(?:\.\d{1,6})?)([kmbt])(\d)?$/i.exec(word);
  if (counted !== null) {
    const isSplit = counted[4] !== undefined;
    if (isSplit && counted[2].includes(".")) return undefined;
    const number = isSplit ? `${counted[2]}.${counted[4]}` : counted[2];
    const size = Number(counted[1] ?? 1) * Number(number) * UNITS[counted[3].toLowerCase()];
    return size > 0 ? Math.round(size) : undefined;
  }
  const shaped = /^(\d{2,6})x(\d{1,3})$/i.exec(word);
  if (shaped === null) return undefined;
  const [width, depth] = [Number(shaped[1]), Number(shaped[2])];
  const isModel = width >= NARROWEST && depth >= 1 && depth <= DEEPEST && width >= 2 * depth;
  return isModel ? 12 * width * width * depth : undefined;
}

const isCounter = (word: string | undefined): boolean => /^(tokens?|toks?|steps?|samples?)$/i.test(word ?? "");
