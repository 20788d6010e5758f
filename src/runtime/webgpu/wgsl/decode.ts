// Reads back the functions that the builders of src/runtime/wasm/assembler write: only what they use of the binary format.
import { invariant } from "../../../errors.js";

/** A function of a module. */
export interface DecodedFunction {
  readonly parameters: number;
  /** The types of what is not a parameter, in order, as bytes of the format. */
  readonly locals: readonly number[];
  readonly code: Uint8Array;
}

export interface DecodedModule {
  readonly functions: readonly DecodedFunction[];
  /** The pool of constants. */
  readonly pool: Uint8Array;
}

/** Walks through bytes. */
export class Reader {
  at = 0;
  constructor(readonly bytes: Uint8Array) {}

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    return this.bytes[this.at++]!;
  }

  /** LEB128 */
  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  /** LEB128 of up to 32 bits. */
  signed(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      return shift < 25 && byte & 0x40 ? value | (-1 << (shift + 7)) : value;
    }
  }

  take(length: number): Uint8Array {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

const list = <T>(reader: Reader, read: () => T): T[] => Array.from({ length: reader.unsigned() }, read);

/** A module without imports, with its pool of constants at address 0. */
export function decodeModule(bytes: Uint8Array): DecodedModule {
  const reader = new Reader(bytes.subarray(8));
  let signatures: number[] = [];
  let types: number[] = [];
  let bodies: Uint8Array[] = [];
  let pool = new Uint8Array(0);
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const section = new Reader(reader.take(reader.unsigned()));
    if (id === 1)
      signatures = list(section, () => {
        section.byte();
        const parameters = section.take(section.unsigned()).length;
        section.take(section.unsigned());
        return parameters;
      });
    else if (id === 3) types = list(section, () => section.unsigned());
    else if (id === 10) bodies = list(section, () => section.take(section.unsigned()));
    else if (id === 11) {
      section.unsigned();
      section.take(2);
      invariant(section.signed() === 0, "the pool of constants is not at address 0");
      section.byte();
      pool = section.take(section.unsigned()) as Uint8Array<ArrayBuffer>;
    }
  }
  return { pool, functions: bodies.map((body, i) => ({ parameters: signatures[types[i]!]!, ...decodeBody(body) })) };
}

function decodeBody(body: Uint8Array): Pick<DecodedFunction, "locals" | "code"> {
  const reader = new Reader(body);
  const locals = list(reader, () => {
    const count = reader.unsigned();
    return new Array<number>(count).fill(reader.byte());
  }).flat();
  return { locals, code: body.subarray(reader.at) };
}
