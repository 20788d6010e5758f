// Contact sheets: many small grey images in one PNG file.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { encode } from "fast-png";

/** Where models write what they draw; git ignores it. */
export const outFolder = "models/out";

/**
 * Writes images as rows of a grid, with a grey line between them.
 *
 * @param rows - each a list of images of size × size intensities from 0 (black) to 1
 * @returns the file
 */
export async function writeSheet(
  file: string,
  rows: readonly (readonly ArrayLike<number>[])[],
  size: number,
): Promise<string> {
  const columns = Math.max(...rows.map(({ length }) => length));
  const width = columns * (size + 1) + 1;
  const height = rows.length * (size + 1) + 1;
  const data = new Uint8Array(width * height).fill(96);
  rows.forEach((images, row) => {
    images.forEach((image, column) => {
      const corner = (row * (size + 1) + 1) * width + column * (size + 1) + 1;
      for (let i = 0; i < size * size; i++)
        data[corner + Math.floor(i / size) * width + (i % size)] = 255 * Math.min(1, Math.max(0, image[i]!));
    });
  });
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, encode({ width, height, channels: 1, data }));
  return file;
}

/** The images of a flat array. */
export const imagesOf = (flat: Float32Array, size: number): Float32Array[] =>
  Array.from({ length: flat.length / size ** 2 }, (_, i) => flat.subarray(i * size ** 2, (i + 1) * size ** 2));
