/**
 * @file Refuses a program that will not fit in memory, before its session is opened: ENGINE_MEMORY, with the largest tensors.
 *
 * Host arrays may be there already; as much as this process holds now is taken to be them, so that nothing is counted
 * twice and nothing that fits is refused.
 */
import { EngineError } from "../errors.ts";
import type { LargeTensor, MemoryEstimate } from "../memory.ts";
import { availableMemoryBytes } from "./availableMemory.ts";

export function requireMemory(
  program: string,
  { bytes, hostBytes, largest }: MemoryEstimate,
  {
    availableBytes = availableMemoryBytes(),
    heldBytes = process.memoryUsage.rss(),
  }: { readonly availableBytes?: number; readonly heldBytes?: number } = {},
): void {
  const needed = bytes - Math.min(hostBytes, heldBytes);
  if (needed <= availableBytes) return;
  throw new EngineError(
    "ENGINE_MEMORY",
    `Program ${program}: expected at most ${size(availableBytes)}, which is what this machine has left, got a program that needs about ${size(needed)}; its largest tensors: ${largest.map(described).join(", ")}; make the batch or the model smaller, or train fewer ensemble members at once`,
  );
}

function described({ name, shape, bytes }: LargeTensor): string {
  return `${name} [${shape.join(", ")}] ${size(bytes)}`;
}

function size(bytes: number): string {
  const gib = bytes / 2 ** 30;
  return gib >= 1 ? `${gib.toFixed(1)} GiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
