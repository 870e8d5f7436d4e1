/**
 * @file ONNX Runtime sessions with the options that exactness needs: one thread, in order, no spinning, deterministic.
 */
import { createRequire } from "node:module";
import * as ort from "onnxruntime-node";
import { EngineError } from "../errors.ts";

export { ort };

export type OptimizationLevel = "disabled" | "basic" | "extended" | "all";

export interface SessionOptions {
  readonly optimization?: OptimizationLevel;
  /** Writes a trace of operator times beside this path when the session is disposed. */
  readonly profilePath?: string;
  /** What the program may take; default: what the system has left. */
  readonly availableBytes?: number;
  /** Where lowered programs are kept between processes; may be deleted at any time. */
  readonly cacheFolder?: string;
}

export const DEFAULT_OPTIMIZATION: OptimizationLevel = "all";

/**
 * Denormals are kept. The first session of a process decides that for the whole main thread, JavaScript's own arithmetic
 * included, so every session must say the same.
 */
const ENTRIES = {
  "session.intra_op.allow_spinning": "0",
  "session.inter_op.allow_spinning": "0",
  "session.use_deterministic_compute": "1",
  "session.set_denormal_as_zero": "0",
};

export async function openSession(
  name: string,
  model: Uint8Array,
  { optimization = DEFAULT_OPTIMIZATION, profilePath }: SessionOptions = {},
): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: ["cpu"],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: optimization,
      logSeverityLevel: 4, // errors are thrown, with their text
      ...(profilePath === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePath }),
      extra: extraOf(ENTRIES),
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError(
      "ENGINE_COMPILE",
      `Program ${name}: expected a graph that ONNX Runtime accepts, got: ${reason}; this is a defect of Ontogeny's engine`,
      { cause },
    );
  }
}

/** One call; what the runtime refuses on the way (a position outside of its axis, memory) names the program. */
export async function runSession(
  name: string,
  session: ort.InferenceSession,
  feeds: Record<string, ort.Tensor>,
): Promise<ort.InferenceSession.OnnxValueMapType> {
  try {
    return await session.run(feeds);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError("ENGINE_RUN", `Program ${name}: expected ONNX Runtime to finish, got: ${reason}`, { cause });
  }
}

/** "session.a.b": "1" as the nested object that the binding wants. */
function extraOf(entries: Readonly<Record<string, string>>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(entries)) {
    const parts = path.split(".");
    let at = root;
    for (const part of parts.slice(0, -1)) {
      at[part] ??= {};
      at = at[part] as Record<string, unknown>;
    }
    at[parts[parts.length - 1]] = value;
  }
  return root;
}

/** The runtime as part of the numerics key: version, level and entries. */
export function describeRuntime(optimization: OptimizationLevel = DEFAULT_OPTIMIZATION): string {
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
  return `onnxruntime-node@${version} cpu ${optimization} sequential spinning=0 deterministic=1 denormals=kept`;
}
