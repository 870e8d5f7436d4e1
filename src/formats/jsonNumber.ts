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
const NINE = 0x39;
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
    // The digits from the first that is not 0: nine, six and four of them; the rest is only counted. Loops of their own for
    // each, as most numbers are a 0, a dot and seventeen digits.
    let first = 0;
    let second = 0;
    let tail = 0;
    let digits = 0;
    const whole = at;
    for (; at < end && isDigit(bytes[at]); at++) {
      const digit = bytes[at] - ZERO;
      if ((digit | digits) === 0) continue;
      if (digits < 9) first = first * 10 + digit;
      else if (digits < 15) second = second * 10 + digit;
      else if (digits < DIGITS_AT_MOST) tail = tail * 10 + digit;
      digits++;
    }
    const wholeEnd = at;
    if (wholeEnd === whole || (bytes[whole] === ZERO && wholeEnd > whole + 1)) return false;
    let fraction = 0;
    if (at < end && bytes[at] === DOT) {
      at++;
      if (digits === 0) while (at < end && bytes[at] === ZERO) at++;
      const start = at - digits;
      let stop = Math.min(end, start + 9);
      for (; at < stop && isDigit(bytes[at]); at++) first = first * 10 + bytes[at] - ZERO;
      stop = Math.min(end, start + 15);
      for (; at < stop && isDigit(bytes[at]); at++) second = second * 10 + bytes[at] - ZERO;
      stop = Math.min(end, start + DIGITS_AT_MOST);
      for (; at < stop && isDigit(bytes[at]); at++) tail = tail * 10 + bytes[at] - ZERO;
      while (at < end && isDigit(bytes[at])) at++;
      digits = at - start;
      fraction = at - wholeEnd - 1;
      if (fraction === 0) return false;
    }
    const isInteger = wholeEnd === end;
    let exponent = 0;
    if (at < end) {
      if ((bytes[at] | 0x20) !== 0x65) return false;
      const read = exponentOf(bytes, at + 1, end);
      if (Number.isNaN(read)) return false;
      exponent = read;
    }
    const scale = exponent - fraction;
    const head = digits <= 9 ? first : first * POWERS[Math.min(digits, 15) - 9] + second;
    let value = Number.NaN;
    if (digits <= 15) value = exactly(head, scale);
    else if (digits <= DIGITS_AT_MOST) value = doubled(head, tail, digits - 15, scale);
    this.value = Number.isNaN(value) ? parsed(bytes, begin, end) : isNegative ? -value : value;
    this.isRounded = isInteger && digits > 15 && Math.abs(this.value) > Number.MAX_SAFE_INTEGER;
    return true;
  }
}

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE;

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
