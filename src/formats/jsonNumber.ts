/**
 * @file A JSON number straight from its bytes, without making text of it first.
 *
 * Pure and browser-safe; allocates nothing in the usual case. The result is the nearest double, always: up to 2^53 and 10^22
 * by one exact operation (Clinger, PLDI 1990), up to 19 digits in double-double arithmetic (Dekker 1971) with a check that
 * the rounding is certain, and by the engine's own parser where it is not. Refuses what is no JSON number.
 */

const DOT = 0x2e;
const MINUS = 0x2d;
const PLUS = 0x2b;
const ZERO = 0x30;
const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const DIGITS_AT_MOST = 19;

export class JsonNumberReader {
  value = 0;
  /** A whole number beyond ±2^53: `value` is the nearest double. */
  isRounded = false;

  /** False: `bytes[begin … end)` is no JSON number. */
  read(bytes: Uint8Array, begin: number, end: number): boolean {
    let at = begin;
    const isNegative = bytes[at] === MINUS;
    if (isNegative) at++;
    // The first digits as an exact whole number, up to four more behind it.
    let head = 0;
    let tail = 0;
    let tailDigits = 0;
    let digits = 0;
    let fraction = 0;
    const whole = at;
    for (let isFraction = false; at < end; at++) {
      const byte = bytes[at];
      if (byte === DOT && !isFraction && at > whole) {
        isFraction = true;
        continue;
      }
      const digit = byte - ZERO;
      if (digit < 0 || digit > 9) break;
      if (isFraction) fraction++;
      else if (at === whole + 1 && bytes[whole] === ZERO) return false;
      if (digits === 0 && digit === 0) continue;
      digits++;
      if (digits <= 15) head = head * 10 + digit;
      else if (digits <= DIGITS_AT_MOST) {
        tail = tail * 10 + digit;
        tailDigits++;
      }
    }
    if (at === whole || bytes[at - 1] === DOT) return false;
    let exponent = 0;
    const isInteger = fraction === 0 && at === end;
    if (at < end) {
      if ((bytes[at] | 0x20) !== 0x65) return false;
      const read = exponentOf(bytes, at + 1, end);
      if (Number.isNaN(read)) return false;
      exponent = read;
    }
    const scale = exponent - fraction;
    const value =
      digits > DIGITS_AT_MOST
        ? Number.NaN
        : tailDigits === 0
          ? exactly(head, scale)
          : doubled(head, tail, tailDigits, scale);
    this.value = Number.isNaN(value) ? parsed(bytes, begin, end) : isNegative ? -value : value;
    this.isRounded = isInteger && digits > 15 && Math.abs(this.value) > Number.MAX_SAFE_INTEGER;
    return true;
  }
}

/** NaN: no exponent. */
function exponentOf(bytes: Uint8Array, begin: number, end: number): number {
  let at = begin;
  const isNegative = bytes[at] === MINUS;
  if (isNegative || bytes[at] === PLUS) at++;
  if (at >= end) return Number.NaN;
  let exponent = 0;
  for (; at < end; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    exponent = Math.min(exponent * 10 + digit, 100_000);
  }
  return isNegative ? -exponent : exponent;
}

/** head · 10^scale, head below 10^15; NaN: not certain this way. */
function exactly(head: number, scale: number): number {
  if (scale === 0 || head === 0) return head;
  if (scale < 0) return scale >= -22 ? head / POWERS[-scale] : Number.NaN;
  return scale <= 22 ? head * POWERS[scale] : Number.NaN;
}

/** (head · 10^tailDigits + tail) · 10^scale for −22 ≤ scale ≤ 0; NaN: not certain this way. */
function doubled(head: number, tail: number, tailDigits: number, scale: number): number {
  if (scale > 0 || scale < -22) return Number.NaN;
  const power = POWERS[tailDigits];
  const product = head * power;
  const high = product + tail;
  // Exactly what the two roundings lost.
  const low = productError(head, power, product) + sumError(product, tail, high);
  if (scale === 0) return low === 0 ? high : roundedIfCertain(high, low);
  const divisor = POWERS[-scale];
  const quotient = high / divisor;
  const back = quotient * divisor;
  const rest = high - back - productError(quotient, divisor, back) + low;
  return roundedIfCertain(quotient, rest / divisor);
}

/** high + low, where low is known to 2^−100 of high; NaN when that leaves the rounding open. */
function roundedIfCertain(high: number, low: number): number {
  const doubt = Math.abs(high) * 2 ** -100;
  const rounded = high + (low + doubt);
  return rounded === high + (low - doubt) ? rounded : Number.NaN;
}

const SPLITTER = 2 ** 27 + 1;

/** a · b − product, exactly; a and b far from overflow and underflow. */
function productError(a: number, b: number, product: number): number {
  const largeA = SPLITTER * a;
  const highA = largeA - (largeA - a);
  const lowA = a - highA;
  const largeB = SPLITTER * b;
  const highB = largeB - (largeB - b);
  const lowB = b - highB;
  return lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB);
}

/** a + b − sum, exactly. */
function sumError(a: number, b: number, sum: number): number {
  const shareOfB = sum - a;
  return a - (sum - shareOfB) + (b - shareOfB);
}

function parsed(bytes: Uint8Array, begin: number, end: number): number {
  let text = "";
  for (let at = begin; at < end; at++) text += String.fromCharCode(bytes[at]);
  return Number(text);
}
