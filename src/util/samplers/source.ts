// Random numbers for samplers that need an unknown count of them: the blocks of one key, one after the other.
import { threefry } from "../threefry.js";

/** Draws numbers in double precision from the counter blocks (0, 0), (0, 1), … of a key. */
export class RandomSource {
  readonly #words = new Int32Array(2);
  #block = 0;

  constructor(
    private readonly key0: number,
    private readonly key1: number,
  ) {}

  /** Two uniform numbers in (0, 1), the middles of 2³² equal cells. */
  uniforms(): readonly [number, number] {
    threefry(this.key0, this.key1, 0, this.#block++, this.#words);
    return [((this.#words[0]! >>> 0) + 0.5) * 2 ** -32, ((this.#words[1]! >>> 0) + 0.5) * 2 ** -32];
  }

  uniform(): number {
    return this.uniforms()[0];
  }

  /** A standard normal number, by Box and Muller. */
  normal(): number {
    const [u, v] = this.uniforms();
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  }
}
