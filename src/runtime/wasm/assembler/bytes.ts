const scratch = new DataView(new ArrayBuffer(8));

/** A buffer that grows as bytes are appended to it, with the number formats of the WebAssembly binary format. */
export class ByteBuffer {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  append(values: ArrayLike<number>): void {
    const end = this.#length + values.length;
    if (end > this.#bytes.length) this.#grow(values.length);
    this.#bytes.set(values, this.#length);
    this.#length = end;
  }

  /** A few opcode bytes: faster than `append` for short plain arrays. */
  opcode(values: readonly number[]): void {
    const start = this.#length;
    if (start + values.length > this.#bytes.length) this.#grow(values.length);
    const bytes = this.#bytes;
    for (let i = 0; i < values.length; i++) bytes[start + i] = values[i]!;
    this.#length = start + values.length;
  }

  /** An unsigned integer below 2³², as LEB128. */
  unsigned(value: number): void {
    while (value >= 0x80) {
      this.byte((value & 0x7f) | 0x80);
      value = Math.floor(value / 0x80);
    }
    this.byte(value);
  }

  /** A signed 32-bit integer, as LEB128. */
  signed(value: number): void {
    value |= 0;
    for (;;) {
      const low = value & 0x7f;
      value >>= 7;
      const isLast = (value === 0 && (low & 0x40) === 0) || (value === -1 && (low & 0x40) !== 0);
      this.byte(isLast ? low : low | 0x80);
      if (isLast) return;
    }
  }

  float32(value: number): void {
    scratch.setFloat32(0, value, true);
    for (let i = 0; i < 4; i++) this.byte(scratch.getUint8(i));
  }

  float64(value: number): void {
    scratch.setFloat64(0, value, true);
    for (let i = 0; i < 8; i++) this.byte(scratch.getUint8(i));
  }

  /** A text with its length. */
  name(text: string): void {
    const encoded = new TextEncoder().encode(text);
    this.unsigned(encoded.length);
    this.append(encoded);
  }

  /** Another buffer's bytes with their length. */
  sized(content: ByteBuffer): void {
    this.unsigned(content.length);
    this.appendBuffer(content);
  }

  appendBuffer(content: ByteBuffer): void {
    this.append(content.#bytes.subarray(0, content.#length));
  }

  toBytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(by: number): void {
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + by));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
