/**
 * @file How this machine's WebAssembly multiplies and adds vectors. WebAssembly's arithmetic is the same everywhere but
 * for the relaxed operations, of which jax-js uses relaxed_madd where it exists: it may round once or twice.
 */

/** (func (export "f") (param f32 f32 f32) (result f32)): lane 0 of relaxed_madd over splats of the three. */
const MODULE = [
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x01, 0x60, 0x03, 0x7d, 0x7d, 0x7d, 0x01, 0x7d, 0x03,
  0x02, 0x01, 0x00, 0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00, 0x0a, 0x16, 0x01, 0x14, 0x00, 0x20, 0x00, 0xfd, 0x13,
  0x20, 0x01, 0xfd, 0x13, 0x20, 0x02, 0xfd, 0x13, 0xfd, 0x85, 0x02, 0xfd, 0x1f, 0x00, 0x0b,
];

/** "unfused" also where the operation does not exist, for jax-js then multiplies and adds. */
export function describeMultiplyAdd(): "fused" | "unfused" {
  const bytes = Uint8Array.from(MODULE);
  if (!WebAssembly.validate(bytes)) return "unfused";
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as {
    f: (x: number, y: number, z: number) => number;
  };
  // (1 + 2⁻²³)² − (1 + 2⁻²²) is 2⁻⁴⁶, and 0 when the product is rounded first.
  const x = 1 + 2 ** -23;
  return f(x, x, -(1 + 2 ** -22)) === 0 ? "unfused" : "fused";
}
