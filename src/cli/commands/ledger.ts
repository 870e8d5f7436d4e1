/**
 * @file `ontogeny ledger verify | anchor | check | show`: the record of what was registered and what came of it. A
 * broken chain is exit code 1 and names the first bad entry.
 */
import { Command } from "commander";
import { LEDGER_KINDS, type LedgerEntry, OntogenyError } from "../../core/index.ts";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { UsageError } from "../failure.ts";
import { wholeNumber } from "../options.ts";
import { print, printJson } from "../output.ts";
import { renderTable } from "../table.ts";

/** Reading names no segment of its own; nothing is locked before the first append. */
const READER = "study";

export function ledgerCommand(): Command {
  const command = new Command("ledger")
    .description("Verify, anchor or show the record of claims")
    .addHelpText("after", "\nExample:\n  ontogeny ledger verify");
  command.addCommand(
    makeCommand("verify", "Check the hash chain; name the first bad entry", ["ontogeny ledger verify --json"]).action(
      verify,
    ),
  );
  command.addCommand(
    makeCommand("anchor", "Print one line to publish: it pins the ledger as it is now", [
      "ontogeny ledger anchor >> anchors.txt && git commit -m 'Anchor' anchors.txt",
    ]).action(anchor),
  );
  command.addCommand(
    makeCommand("check", "Check that the ledger still begins with what an anchor line stood for", [
      'ontogeny ledger check "$(tail -1 anchors.txt)"',
    ])
      .argument("<line>", "a line printed by `ontogeny ledger anchor`")
      .action(check),
  );
  command.addCommand(
    makeCommand("show", "List the entries", ["ontogeny ledger show --kind forecast --last 20"])
      .option("--kind <kind>", `only ${LEDGER_KINDS.join(", ")}`)
      .option("--key <text>", "only entries whose key has this text")
      .option("--last <n>", "only the last n", wholeNumber(1))
      .action(show),
  );
  return command;
}

async function verify(options: CommonOptions): Promise<void> {
  const verdict = (await openWorkspace(options)).ledger(READER).verify();
  if (options.json) {
    printJson(verdict);
    if (!verdict.ok) process.exitCode = 1;
    return;
  }
  if (!verdict.ok) {
    const { line, seq, what, detail, file } = verdict.firstBad;
    throw new OntogenyError(
      "LEDGER_BROKEN",
      `Ledger, line ${line} (entry ${seq}): ${what}: ${detail}; the ${verdict.entries} entries before it are sound: restore the file from a copy`,
      { path: file },
    );
  }
  for (const { file, line } of verdict.torn)
    print(`note: ${file}, line ${line} was cut off by a kill; the next entry clears it`);
  print(`The ledger is sound: ${verdict.entries} entries, head ${verdict.head}`);
}

async function anchor(options: CommonOptions): Promise<void> {
  const line = (await openWorkspace(options)).ledger(READER).anchor();
  if (options.json) printJson({ anchor: line });
  else print(line);
}

async function check(line: string, options: CommonOptions): Promise<void> {
  const verdict = (await openWorkspace(options)).ledger(READER).checkAnchor(line);
  if (options.json) {
    printJson(verdict);
    if (!verdict.ok) process.exitCode = 1;
    return;
  }
  if (!verdict.ok) throw new OntogenyError("ANCHOR_BROKEN", `Anchor: ${verdict.why}`);
  print("The ledger begins with exactly what the anchor stood for.");
}

interface ShowOptions extends CommonOptions {
  readonly kind?: string;
  readonly key?: string;
  readonly last?: number;
}

async function show(options: ShowOptions): Promise<void> {
  const { kind, key, last } = options;
  if (kind !== undefined && !(LEDGER_KINDS as readonly string[]).includes(kind))
    throw new UsageError(`--kind: expected one of ${LEDGER_KINDS.join(", ")}, got "${kind}"`);
  const entries = (await openWorkspace(options))
    .ledger(READER)
    .find({ kind: kind as LedgerEntry["kind"] | undefined })
    .filter((entry) => key === undefined || entry.key.includes(key));
  const shown = last === undefined ? entries : entries.slice(-last);
  if (options.json) {
    printJson(shown);
    return;
  }
  print(
    renderTable(shown, [
      { title: "SEQ", text: ({ seq }) => String(seq), align: "right" },
      { title: "AT", text: ({ at }) => at },
      { title: "KIND", text: (entry) => entry.kind },
      { title: "KEY", text: (entry) => entry.key },
      { title: "HASH", text: ({ hash }) => hash.slice(0, 12) },
    ]),
  );
}
