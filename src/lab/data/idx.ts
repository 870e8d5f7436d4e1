/**
 * @file Reads the IDX format: a typed, shaped block of bytes, as MNIST is published in.
 *
 * Layout: two zero bytes, a type byte, the number of dimensions, each dimension as a big-endian 32-bit number, the data.
 * Refuses anything but unsigned bytes, and any file whose length is not exactly what its header says.
 */
import { OntogenyError } from "../../core/index.ts";

const UNSIGNED_BYTE = 0x08;

export interface IdxArray {
  readonly shape: readonly number[];
  /** Row-major; a view into the bytes that were given. */
  readonly data: Uint8Array;
}

/** Throws IDX_INVALID with the path when the bytes are not an IDX array of unsigned bytes. */
export function parseIdx(bytes: Uint8Array, path: string): IdxArray {
  const refuse = (expected: string, got: string): never => {
    throw new OntogenyError(
      "IDX_INVALID",
      `IDX file: expected ${expected}, got ${got}; install the data again (npm ci)`,
      { path },
    );
  };
  if (bytes.length < 4) refuse("a header of at least 4 bytes", `${bytes.length} bytes`);
  if (bytes[0] !== 0 || bytes[1] !== 0)
    refuse("two zero bytes first", `bytes ${bytes[0]} and ${bytes[1]} (is it still compressed?)`);
  if (bytes[2] !== UNSIGNED_BYTE) refuse("unsigned bytes (type 8)", `type ${bytes[2]}`);
  const dimensions = bytes[3];
  const headerBytes = 4 + 4 * dimensions;
  if (dimensions === 0 || bytes.length < headerBytes)
    refuse(`a header of ${headerBytes} bytes for ${dimensions} dimensions`, `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: dimensions }, (_, axis) => view.getUint32(4 + 4 * axis));
  const items = shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== headerBytes + items)
    refuse(`${headerBytes + items} bytes for shape [${shape.join(", ")}]`, `${bytes.length} bytes`);
  return { shape, data: bytes.subarray(headerBytes) };
}
