import { ElbowError, invariant } from "../../../errors.js";
import { ByteBuffer } from "./bytes.js";
import { ConstantPool } from "./constantPool.js";
import { typeByte } from "./expression.js";
import {
  type Build,
  type Callable,
  FunctionBuilder,
  type MaybeType,
  type Signature,
  type Surroundings,
  type Types,
} from "./functionBuilder.js";

/** The memory of a module, in pages of 64 KiB. */
export interface MemoryOptions {
  /** Where it is imported from; absent, the module makes its own. */
  readonly import?: readonly [module: string, name: string];
  /** Under which name it is exported. */
  readonly export?: string;
  readonly minimum: number;
  readonly maximum?: number;
  /** Between threads; needs a maximum. @defaultValue false */
  readonly isShared?: boolean;
}

export interface ModuleOptions {
  readonly memory: MemoryOptions;
  /** Whether `ma` is relaxed SIMD's multiply-add: see `detectFma`. @defaultValue false */
  readonly fma?: boolean;
}

export interface LayoutOptions {
  /** Where in memory the pool of constants goes: `poolBytes` bytes, 16-byte aligned. Needed if there are any. */
  readonly constantsAt?: number;
}

interface Import {
  readonly module: string;
  readonly name: string;
  readonly signature: Signature;
}

/** V8's limit on functions. */
const mostFunctions = 1_000_000;

/** Collects functions and data and writes a module. The same calls give the same bytes. */
export class ModuleBuilder {
  readonly #options: ModuleOptions;
  readonly #pool = new ConstantPool();
  readonly #imports: Import[] = [];
  readonly #functions: FunctionBuilder[] = [];
  readonly #exports: (readonly [string, Callable])[] = [];
  readonly #data: (readonly [number, Uint8Array])[] = [];
  readonly #helpers = new Map<string, FunctionBuilder>();
  readonly #surroundings: Surroundings;

  constructor(options: ModuleOptions) {
    this.#options = options;
    this.#surroundings = {
      pool: this.#pool,
      hasFma: options.fma ?? false,
      helper: (key, signature, build) => this.helper(key, signature, build),
    };
  }

  get hasFma(): boolean {
    return this.#surroundings.hasFma;
  }

  /** How many bytes of memory the constants of the functions written so far need. */
  get poolBytes(): number {
    return this.#pool.length;
  }

  /** Imports come before the module's own functions. */
  importFunction<const P extends Types, R extends MaybeType = undefined>(
    module: string,
    name: string,
    signature: Signature<P, R>,
  ): Callable<P, R> {
    invariant(this.#functions.length === 0, "functions are imported before others are made");
    this.#imports.push({ module, name, signature });
    return { signature, index: this.#imports.length - 1 };
  }

  /** A new function, to be written by calls on the result; it can be called before it is written. */
  function<const P extends Types, R extends MaybeType = undefined>(
    signature: Signature<P, R>,
    name?: string,
  ): FunctionBuilder<P, R> {
    const index = this.#imports.length + this.#functions.length;
    if (index >= mostFunctions)
      throw new ElbowError("wasm-limit", { message: `a WebAssembly module has at most ${mostFunctions} functions` });
    const fn = new FunctionBuilder(signature, index, name, this.#surroundings);
    this.#functions.push(fn);
    return fn;
  }

  /** The function of that key, built by the first call. Equal keys must mean equal functions. */
  helper<const P extends Types, R extends MaybeType = undefined>(
    key: string,
    signature: Signature<P, R>,
    build: Build<P, R>,
  ): FunctionBuilder<P, R> {
    const known = this.#helpers.get(key);
    if (known) return known as unknown as FunctionBuilder<P, R>;
    const fn = this.function(signature, key);
    this.#helpers.set(key, fn);
    build(fn, ...fn.params);
    return fn;
  }

  export(name: string, fn: Callable): void {
    this.#exports.push([name, fn]);
  }

  /** Bytes that are written to memory when the module is instantiated. */
  data(address: number, content: Uint8Array): void {
    this.#data.push([address, content.slice()]);
  }

  /**
   * The module in the binary format.
   *
   * @throws ElbowError "wasm-limit" if a function exceeds what engines allow
   */
  toBytes({ constantsAt }: LayoutOptions = {}): Uint8Array<ArrayBuffer> {
    const bodies = this.#functions.map((fn) => fn.toBody());
    const poolAddress = constantsAt ?? (this.#pool.length === 0 ? 0 : Number.NaN);
    invariant(poolAddress % 16 === 0, `the pool of constants needs an aligned address, not ${constantsAt}`);
    const data = this.#pool.length > 0 ? [[poolAddress, this.#pool.toBytes()] as const, ...this.#data] : this.#data;
    const out = new ByteBuffer();
    out.append([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const types = typeTable([...this.#imports, ...this.#functions].map(({ signature }) => signature));
    section(out, 1, types.distinct, writeSignature);
    this.#writeImports(out, types.indices);
    section(out, 3, types.indices.slice(this.#imports.length), (to, index) => to.unsigned(index));
    const { memory } = this.#options;
    section(out, 5, memory.import ? [] : [memory], writeLimits);
    // Global 0: the address of the pool.
    section(out, 6, [poolAddress], (to, address) => {
      to.opcode([typeByte.i32, 0, 0x41]);
      to.signed(address);
      to.byte(0x0b);
    });
    this.#writeExports(out);
    section(out, 10, bodies, (to, body) => to.sized(body));
    section(out, 11, data, (to, [address, content]) => {
      to.opcode([0, 0x41]);
      to.signed(address);
      to.byte(0x0b);
      to.unsigned(content.length);
      to.append(content);
    });
    this.#writeNames(out);
    return out.toBytes();
  }

  #writeImports(out: ByteBuffer, typeIndices: readonly number[]): void {
    const { memory } = this.#options;
    const functions = this.#imports.map(({ module, name }, i) => (to: ByteBuffer): void => {
      to.name(module);
      to.name(name);
      to.byte(0);
      to.unsigned(typeIndices[i]!);
    });
    const imported = memory.import;
    const all = imported
      ? [
          (to: ByteBuffer): void => {
            for (const part of imported) to.name(part);
            to.byte(2);
            writeLimits(to, memory);
          },
          ...functions,
        ]
      : functions;
    section(out, 2, all, (to, write) => write(to));
  }

  #writeExports(out: ByteBuffer): void {
    const { memory } = this.#options;
    const functions = this.#exports.map(([name, { index }]) => ({ name, kind: 0, index }));
    const all = memory.export === undefined ? functions : [{ name: memory.export, kind: 2, index: 0 }, ...functions];
    section(out, 7, all, (to, { name, kind, index }) => {
      to.name(name);
      to.byte(kind);
      to.unsigned(index);
    });
  }

  /** Names for profilers and stack traces. */
  #writeNames(out: ByteBuffer): void {
    const named = this.#functions.filter(({ name }) => name !== undefined);
    if (named.length === 0) return;
    const names = new ByteBuffer();
    names.unsigned(named.length);
    for (const { index, name } of named) {
      names.unsigned(index);
      names.name(name!);
    }
    const content = new ByteBuffer();
    content.name("name");
    content.byte(1);
    content.sized(names);
    out.byte(0);
    out.sized(content);
  }
}

/** A section with the number of its items and the items; none if there are none. */
function section<T>(out: ByteBuffer, id: number, items: readonly T[], write: (to: ByteBuffer, item: T) => void): void {
  if (items.length === 0) return;
  const content = new ByteBuffer();
  content.unsigned(items.length);
  for (const item of items) write(content, item);
  out.byte(id);
  out.sized(content);
}

function typeTable(signatures: readonly Signature[]): { distinct: readonly Signature[]; indices: readonly number[] } {
  const distinct = new Map<string, { readonly index: number; readonly signature: Signature }>();
  const indices = signatures.map((signature) => {
    const key = `${signature.params.join()}>${signature.result}`;
    const known = distinct.get(key) ?? { index: distinct.size, signature };
    distinct.set(key, known);
    return known.index;
  });
  return { distinct: [...distinct.values()].map(({ signature }) => signature), indices };
}

function writeSignature(to: ByteBuffer, { params, result }: Signature): void {
  to.byte(0x60);
  to.unsigned(params.length);
  for (const type of params) to.byte(typeByte[type]);
  to.unsigned(result === undefined ? 0 : 1);
  if (result !== undefined) to.byte(typeByte[result]);
}

function writeLimits(to: ByteBuffer, { minimum, maximum, isShared = false }: MemoryOptions): void {
  to.byte((maximum === undefined ? 0 : 1) | (isShared ? 2 : 0));
  to.unsigned(minimum);
  if (maximum !== undefined) to.unsigned(maximum);
}
