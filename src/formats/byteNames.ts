/**
 * @file Names as they stand in a file's bytes, each known by a small number: the same bytes give the same number, and text
 * is decoded once a name.
 *
 * Pure and browser-safe. Logs repeat their names in the same order: the name that followed last time is compared first, so
 * that a known name usually costs one comparison. Bounded: more names or bytes than stated are refused.
 */
import { textOf } from "./wire.ts";

export interface ByteNamesBounds {
  readonly maxNames?: number;
  readonly maxNameBytes?: number;
  /** Of all names together. */
  readonly maxBytes?: number;
}

/** What an empty name is called. */
const NO_NAME = "(no name)";

export class ByteNames {
  /** By number. */
  readonly texts: string[] = [];
  private readonly maxNames: number;
  private readonly maxNameBytes: number;
  private readonly maxBytes: number;
  /** All names, one after the other; name i is `pool[starts[i] … starts[i + 1])`. */
  private pool = new Uint8Array(1024);
  private readonly starts: number[] = [0];
  private readonly byHash = new Map<number, number>();
  private readonly sameHash: number[] = [];
  /** The name that came after it last time. */
  private readonly followers: number[] = [];
  private last = -1;

  constructor({ maxNames = 200_000, maxNameBytes = 4096, maxBytes = 32 * 2 ** 20 }: ByteNamesBounds = {}) {
    this.maxNames = maxNames;
    this.maxNameBytes = maxNameBytes;
    this.maxBytes = maxBytes;
  }

  /** Numbers count from 0 in the order of first sight; −1: beyond the bounds. */
  idOf(bytes: Uint8Array, begin: number, end: number): number {
    const { last } = this;
    if (last !== -1) {
      const guess = this.followers[last];
      if (this.equals(guess, bytes, begin, end)) {
        this.last = guess;
        return guess;
      }
    }
    const id = this.find(bytes, begin, end);
    if (id !== -1) {
      if (last !== -1) this.followers[last] = id;
      this.last = id;
    }
    return id;
  }

  private find(bytes: Uint8Array, begin: number, end: number): number {
    if (end - begin > this.maxNameBytes) return -1;
    const hash = hashOf(bytes, begin, end);
    const first = this.byHash.get(hash) ?? -1;
    for (let id = first; id !== -1; id = this.sameHash[id]) if (this.equals(id, bytes, begin, end)) return id;
    return this.add(bytes, begin, end, hash, first);
  }

  private add(bytes: Uint8Array, begin: number, end: number, hash: number, next: number): number {
    const id = this.texts.length;
    const start = this.starts[id];
    const stop = start + end - begin;
    if (id >= this.maxNames || stop > this.maxBytes) return -1;
    if (stop > this.pool.length) {
      const larger = new Uint8Array(Math.max(stop, 2 * this.pool.length));
      larger.set(this.pool);
      this.pool = larger;
    }
    this.pool.set(bytes.subarray(begin, end), start);
    this.starts.push(stop);
    this.byHash.set(hash, id);
    this.sameHash.push(next);
    this.followers.push(id);
    this.texts.push(begin === end ? NO_NAME : textOf(bytes, begin, end));
    return id;
  }

  private equals(id: number, bytes: Uint8Array, begin: number, end: number): boolean {
    const { pool } = this;
    let at = this.starts[id];
    if (this.starts[id + 1] - at !== end - begin) return false;
    for (let other = begin; other < end; other++) if (pool[at++] !== bytes[other]) return false;
    return true;
  }
}

/** FNV-1a, 32 bits. */
function hashOf(bytes: Uint8Array, begin: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = begin; at < end; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
  return hash;
}
