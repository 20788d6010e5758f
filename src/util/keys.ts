import { ElbowError } from "../errors.js";

/**
 * The random key of a seed: its high and low 32-bit words, as signed integers (JAX's convention).
 *
 * @throws ElbowError `seed` unless the seed is a non-negative safe integer.
 */
export function keyFromSeed(seed: number): [number, number] {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new ElbowError("seed", {
      message: `a seed is a non-negative integer below 2^53\n  received: ${seed}`,
      hint: "pass something like 42",
    });
  return [Math.floor(seed / 2 ** 32) | 0, seed | 0];
}

/** FNV-1a hash of a text's UTF-8 bytes as a signed 32-bit integer: what a site's address folds into its key. */
export function hashAddress(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash | 0;
}
