/**
 * @file `readOnce.js FORMAT FOLDER`: finds and reads one folder with one bridge into the columns of the import's own sink, in a
 * process of its own, and prints what it took. The compiler starts cold; starting the process and loading the program are
 * not counted, nor is writing the columns out.
 */
import { BRIDGES } from "../../src/bridges/index.ts";
import { scanTree } from "../../src/study/import/scanTree.ts";
import { UnitSink } from "../../src/study/import/unitSink.ts";

const [, , format, folder] = process.argv;
const bridge = BRIDGES.find((one) => one.format === format)!;
const tree = await scanTree(folder);
let ms = 0;
let begun = performance.now();
let points = 0;
let sum = 0;
for (const unit of await bridge.claim(tree)) {
  const sink = new UnitSink({
    unit,
    where: folder,
    write: async (series) => {
      for (const { columns } of series) {
        points += columns.value.length;
        for (const value of columns.value) sum += value;
      }
    },
    commit: async () => {},
    onProgress: () => {},
    signal: new AbortController().signal,
  });
  await bridge.read(unit, { sink });
  ms += performance.now() - begun;
  await sink.writeOut();
  begun = performance.now();
}
console.log(JSON.stringify({ ms, points, sum, peakMiB: process.resourceUsage().maxRSS / 1024 }));
