/**
 * @file A vitest reporter for scripts/test.mjs: prints failures in full, skipped tests with their reasons, and leaves the
 * counts in the file named by ONTOGENY_TEST_COUNTS. A file that cannot be loaded and an error outside any test count as
 * failures.
 */
import { writeFileSync } from "node:fs";
import { relative } from "node:path";

export default class CountingReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId);
      for (const error of module.errors()) report(counts, `${file} could not be loaded`, [error]);
      for (const test of module.children.allTests()) {
        const { state, note, errors } = test.result();
        const name = `${file} > ${test.fullName}`;
        if (state === "passed") counts.passed++;
        else if (state === "failed") report(counts, name, errors);
        else {
          counts.skipped++;
          console.log(`  skipped: ${name}: ${note ?? "no reason given (use context.skip(reason))"}`);
        }
      }
      for (const suite of module.children.allSuites())
        for (const error of suite.errors()) report(counts, `${file} > ${suite.fullName}`, [error]);
    }
    for (const error of unhandledErrors) report(counts, "error outside any test", [error]);
    writeFileSync(process.env.ONTOGENY_TEST_COUNTS, JSON.stringify(counts));
  }
}

function report(counts, name, errors) {
  counts.failed++;
  console.log(`  FAILED: ${name}`);
  for (const error of errors) {
    console.log(indent(error.stack ?? `${error.name}: ${error.message}`));
    if (error.diff !== undefined) console.log(indent(error.diff));
  }
}

function indent(text) {
  return text.replace(/^/gm, "    ");
}
