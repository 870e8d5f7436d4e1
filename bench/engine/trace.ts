/**
 * @file ONNX Runtime's own profiler, read: how long each node took. The nodes inside a Loop are in its trace. A profiler
 * that wrote nothing is an error.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args?: {
    readonly op_name?: string;
    readonly input_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
    readonly output_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

export interface NodeTime {
  readonly name: string;
  readonly operator: string;
  readonly shapes: string;
  readonly startUs: number;
  readonly durationUs: number;
}

export interface Trace {
  /** Every node's kernel, in order; a Loop's inner ones besides the Loop itself. */
  readonly nodes: readonly NodeTime[];
  /** One call of the session each. */
  readonly calls: readonly { readonly startUs: number; readonly durationUs: number }[];
}

/** Runs `work` with a path for SessionOptions.profilePath; it must dispose its program. */
export async function profiled(work: (profilePath: string) => Promise<void>): Promise<Trace> {
  const folder = mkdtempSync(join(tmpdir(), "ontogeny-profile-"));
  try {
    await work(join(folder, "trace"));
    const [file] = readdirSync(folder);
    if (file === undefined) throw new Error("profile: expected ONNX Runtime to write a trace, got none");
    const events = JSON.parse(readFileSync(join(folder, file), "utf8")) as TraceEvent[];
    events.sort((a, b) => a.ts - b.ts);
    return {
      nodes: events.filter(({ cat, name }) => cat === "Node" && name.endsWith("_kernel_time")).map(nodeTime),
      calls: events
        .filter(({ cat, name }) => cat === "Session" && name === "model_run")
        .map(({ ts, dur }) => ({ startUs: ts, durationUs: dur })),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function nodeTime({ name, ts, dur, args }: TraceEvent): NodeTime {
  const shapes = (list: readonly Readonly<Record<string, readonly number[]>>[] = []): string =>
    list.map((entry) => `[${Object.values(entry)[0].join(",")}]`).join(" ");
  return {
    name: name.replace(/_kernel_time$/, ""),
    operator: args?.op_name ?? "?",
    shapes: `${shapes(args?.input_type_shape)} → ${shapes(args?.output_type_shape)}`,
    startUs: ts,
    durationUs: dur,
  };
}
