import { ByteBuffer } from "./bytes.js";

const keyOf = (content: Uint8Array): string => String.fromCharCode.apply(undefined, content as unknown as number[]);

/** The constants of a module, each once, 16-byte aligned in the order of first use. They become one data segment. */
export class ConstantPool {
  readonly #content = new ByteBuffer();
  readonly #offsets = new Map<string, number>();
  /** Of contents that have been asked for before. */
  readonly #known = new WeakMap<Uint8Array, number>();

  get length(): number {
    return this.#content.length;
  }

  /** The content must not change. */
  offsetOf(content: Uint8Array): number {
    const known = this.#known.get(content);
    if (known !== undefined) return known;
    const offset = this.#place(content);
    this.#known.set(content, offset);
    return offset;
  }

  #place(content: Uint8Array): number {
    const key = keyOf(content);
    const known = this.#offsets.get(key);
    if (known !== undefined) return known;
    const offset = this.#content.length;
    this.#offsets.set(key, offset);
    this.#content.append(content);
    while (this.#content.length % 16 !== 0) this.#content.byte(0);
    return offset;
  }

  toBytes(): Uint8Array<ArrayBuffer> {
    return this.#content.toBytes();
  }
}
