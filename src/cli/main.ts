#!/usr/bin/env node
/**
 * @file The command line. Each command loads what it needs when it runs, so that --help answers at once. Every failure
 * ends here: one line on stderr, exit code 1, or 2 for a wrong command line.
 */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { auditCommand } from "./commands/audit.ts";
import { backtestCommand } from "./commands/backtest.ts";
import { branchCommand } from "./commands/branch.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { effectCommand } from "./commands/effect.ts";
import { forecastCommand } from "./commands/forecast.ts";
import { importCommand } from "./commands/import.ts";
import { ledgerCommand } from "./commands/ledger.ts";
import { lsCommand } from "./commands/ls.ts";
import { observeCommand } from "./commands/observe.ts";
import { reportCommand } from "./commands/report.ts";
import { runCommand } from "./commands/run.ts";
import { scalingCommand } from "./commands/scaling.ts";
import { scheduleCommand } from "./commands/schedule.ts";
import { showCommand } from "./commands/show.ts";
import { sqlCommand } from "./commands/sql.ts";
import { verifyCommand } from "./commands/verify.ts";
import { exitCodeOf, failureText } from "./failure.ts";

const program = new Command("ontogeny")
  .description("A workbench for the science of training dynamics: observe, predict, intervene, design.")
  .version(packageVersion())
  .addHelpText("after", "\nExample:\n  ontogeny run studies/grokking.yaml --quick");
for (const command of [
  runCommand(),
  importCommand(),
  lsCommand(),
  showCommand(),
  observeCommand(),
  forecastCommand(),
  backtestCommand(),
  scalingCommand(),
  scheduleCommand(),
  auditCommand(),
  effectCommand(),
  branchCommand(),
  verifyCommand(),
  ledgerCommand(),
  sqlCommand(),
  reportCommand(),
  doctorCommand(),
])
  program.addCommand(command);
for (const command of withSubcommands(program)) command.exitOverride().configureOutput({ outputError: () => {} });

// Whoever reads our output may go away (`ontogeny ls | head`).
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    if (error.exitCode !== 0 && error.code !== "commander.help")
      process.stderr.write(
        `error USAGE: ${error.message.replace(/^error: /, "").replace(/\n/g, " ")}; see \`ontogeny --help\`\n`,
      );
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`${failureText(error, { debug: process.argv.includes("--debug") })}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
