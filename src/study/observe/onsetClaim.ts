/**
 * @file What `--onset` says: a measure (or pattern), a direction, a threshold: "test_acc>=0.95", "*\/ppl <= 20".
 *
 * Errors: ONSET_INVALID.
 */
import { OntogenyError } from "../../core/index.ts";

export interface OnsetClaim {
  /** As it was written, spaces apart. */
  readonly text: string;
  /** A measure's name or a pattern. */
  readonly measure: string;
  readonly direction: "above" | "below";
  readonly threshold: number;
}

export interface Hold {
  readonly k: number;
  readonly of: number;
}

export function parseOnset(text: string): OnsetClaim {
  const match = /^\s*(.+?)\s*(>=|<=|≥|≤|>|<)\s*(\S+)\s*$/.exec(text);
  const threshold = match === null ? Number.NaN : Number(match[3]);
  if (match === null || !Number.isFinite(threshold))
    throw new OntogenyError(
      "ONSET_INVALID",
      `Onset: expected measure>=number or measure<=number, got "${text}"; for example --onset "test_acc>=0.95"`,
    );
  const direction = match[2].startsWith(">") || match[2] === "≥" ? "above" : "below";
  return {
    text: `${match[1]} ${direction === "above" ? "≥" : "≤"} ${threshold}`,
    measure: match[1],
    direction,
    threshold,
  };
}

/** "2/3": at 2 of 3 evaluations; "2": at 2 of 2. */
export function parseHold(text: string): Hold {
  const match = /^(\d{1,2})(?:\/(\d{1,2}))?$/.exec(text.trim());
  const k = Number(match?.[1]);
  const of = Number(match?.[2] ?? match?.[1]);
  if (match === null || k < 1 || of < k || of > 10)
    throw new OntogenyError(
      "HOLD_INVALID",
      `Hold: expected k or k/n evaluations with 1 ≤ k ≤ n ≤ 10, got "${text}"; for example --hold 2/3`,
    );
  return { k, of };
}
