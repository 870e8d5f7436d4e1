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

/** Runs `work` with a path for SessionOptions.profilePath; it must dispose its program. All nodes' times, in order. */
export async function profiled(work: (profilePath: string) => Promise<void>): Promise<NodeTime[]> {
  const folder = mkdtempSync(join(tmpdir(), "ontogeny-profile-"));
  try {
    await work(join(folder, "trace"));
    const [file] = readdirSync(folder);
    if (file === undefined) throw new Error("profile: expected ONNX Runtime to write a trace, got none");
    const events = JSON.parse(readFileSync(join(folder, file), "utf8")) as TraceEvent[];
    return events.filter(({ cat, name }) => cat === "Node" && name.endsWith("_kernel_time")).map(nodeTime);
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
