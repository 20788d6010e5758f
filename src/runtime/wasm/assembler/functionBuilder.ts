import { broken, ElbowError, invariant } from "../../../errors.js";
import { ByteBuffer } from "./bytes.js";
import type { ConstantPool } from "./constantPool.js";
import { type Code, type Expression, type I32, type Local, typeByte, type V128, type ValueType } from "./expression.js";
import { i32, liftI32 } from "./i32.js";
import { type Address, emitAccess, miscellaneous, type Opcode, plain, simd } from "./instruction.js";

/** Types of parameters. */
export type Types = readonly ValueType[];
/** The type of a result, if there is one. */
export type MaybeType = ValueType | undefined;

/** Parameters and result of a function. */
export interface Signature<P extends Types = Types, R extends MaybeType = MaybeType> {
  readonly params: P;
  readonly result?: R;
}

/** Something that can be called: an imported function or one of the module's own. */
export interface Callable<P extends Types = Types, R extends MaybeType = MaybeType> {
  readonly signature: Signature<P, R>;
  readonly index: number;
}

export type LocalsOf<P extends Types> = { readonly [K in keyof P]: Local<P[K]> };
type ExpressionsOf<P extends Types> = { readonly [K in keyof P]: Expression<P[K]> };
type ResultOf<R extends MaybeType> = R extends ValueType ? Local<R> : undefined;

/** Writes the body of a function. */
export type Build<P extends Types, R extends MaybeType> = (fn: FunctionBuilder<P, R>, ...params: LocalsOf<P>) => void;

/** What a function needs to know of its module. */
export interface Surroundings {
  readonly pool: ConstantPool;
  readonly hasFma: boolean;
  /** A function of the module that is built on first demand, and the same one for the same key afterwards. */
  readonly helper: <const P extends Types, R extends MaybeType = undefined>(
    key: string,
    signature: Signature<P, R>,
    build: Build<P, R>,
  ) => Callable<P, R>;
}

/** The bounds of a counting loop: from, from + step, … while below `to`. */
export interface Range {
  /** @defaultValue 0 */
  readonly from?: I32 | number;
  readonly to: I32 | number;
  /** Positive. @defaultValue 1 */
  readonly step?: number;
}

/** V8's limits. */
export const mostLocals = 50_000;
export const mostBodyBytes = 7_654_321;

/** global.get of the pool's address, and a load of 16 aligned bytes from an offset that is to follow. */
const loadFromPool: Opcode = [0x23, 0, ...simd(0), 4];

const storeOpcode: Readonly<Record<ValueType, readonly [Opcode, number]>> = {
  i32: [plain(0x36), 2],
  f32: [plain(0x38), 2],
  f64: [plain(0x39), 3],
  v128: [simd(11), 2],
};

/**
 * Writes one function, statement by statement, in the order of the calls. Expressions are only written where a statement
 * uses them; `let` is how a value is computed once.
 */
export class FunctionBuilder<P extends Types = Types, R extends MaybeType = MaybeType> implements Callable<P, R> {
  readonly signature: Signature<P, R>;
  readonly index: number;
  readonly name: string | undefined;
  readonly params: LocalsOf<P>;
  readonly surroundings: Surroundings;
  readonly #locals: ValueType[] = [];
  readonly #constants = new Map<number, number>();
  readonly #code: Code;
  /** Locals that left their scope, and those that the open scopes made. */
  readonly #free: Record<ValueType, Local[]> = { i32: [], f32: [], f64: [], v128: [] };
  #scope: Local[] | undefined;

  constructor(signature: Signature<P, R>, index: number, name: string | undefined, surroundings: Surroundings) {
    this.signature = signature;
    this.index = index;
    this.name = name;
    this.surroundings = surroundings;
    this.#code = {
      bytes: new ByteBuffer(),
      hasFma: surroundings.hasFma,
      constantLocal: (content) => this.#constantLocal(surroundings.pool.offsetOf(content)),
      poolOffset: (content) => surroundings.pool.offsetOf(content),
    };
    this.params = signature.params.map((type, i) => this.#localAt(type, i)) as unknown as LocalsOf<P>;
  }

  /** Whether `ma` is one instruction in this module. */
  get hasFma(): boolean {
    return this.surroundings.hasFma;
  }

  /** A new variable: zero, unless it takes the place of one that left its `scope`. */
  local<T extends ValueType>(type: T): Local<T> {
    const local = (this.#free[type].pop() as Local<T> | undefined) ?? this.#localAt(type, this.#newIndex(type));
    this.#scope?.push(local);
    return local;
  }

  set<T extends ValueType>(local: Local<T>, value: Expression<T>): void {
    value.emit(this.#code);
    this.#withIndex(0x21, local.index);
  }

  /** Computes the value now and gives the variable that holds it. */
  let<T extends ValueType>(value: Expression<T>): Local<T> {
    value.emit(this.#code);
    const local = this.local(value.type);
    this.#withIndex(0x21, local.index);
    return local;
  }

  /** Variables made inside are free for others afterwards: keeps long straight code below the limit on locals. */
  scope<R>(body: () => R): R {
    const outer = this.#scope;
    const inner: Local[] = [];
    this.#scope = inner;
    const result = body();
    this.#scope = outer;
    for (const local of inner.reverse()) this.#free[local.type].push(local);
    return result;
  }

  /** Writes a value of any type to memory at `address + offset`. */
  store(address: Address, value: Expression, offset = 0): void {
    const [opcode, alignment] = storeOpcode[value.type];
    emitAccess(this.#code, opcode, alignment, offset, address, value);
  }

  /** Writes the lowest byte. */
  store8(address: Address, value: I32 | number, offset = 0): void {
    emitAccess(this.#code, plain(0x3a), 0, offset, address, liftI32(value));
  }

  store16(address: Address, value: I32 | number, offset = 0): void {
    emitAccess(this.#code, plain(0x3b), 1, offset, address, liftI32(value));
  }

  /** Writes one 32-bit lane of a vector. */
  storeLane32(address: Address, vector: V128, lane: number, offset = 0): void {
    emitAccess(this.#code, simd(90), 2, offset, address, vector);
    this.#code.bytes.byte(lane);
  }

  /** Writes the lower (0) or upper (1) half of a vector. */
  storeLane64(address: Address, vector: V128, lane: number, offset = 0): void {
    emitAccess(this.#code, simd(91), 3, offset, address, vector);
    this.#code.bytes.byte(lane);
  }

  /** memory.copy: the ranges may overlap. */
  copyMemory(to: Address, from: Address, bytes: I32 | number): void {
    for (const operand of [to, from, bytes]) liftI32(operand).emit(this.#code);
    this.#code.bytes.opcode([...miscellaneous(10), 0, 0]);
  }

  /** memory.fill */
  fillMemory(to: Address, byte: I32 | number, bytes: I32 | number): void {
    for (const operand of [to, byte, bytes]) liftI32(operand).emit(this.#code);
    this.#code.bytes.opcode([...miscellaneous(11), 0]);
  }

  if(condition: I32, then: () => void, otherwise?: () => void): void {
    const { bytes } = this.#code;
    condition.emit(this.#code);
    bytes.opcode([0x04, 0x40]);
    then();
    if (otherwise) {
      bytes.byte(0x05);
      otherwise();
    }
    bytes.byte(0x0b);
  }

  /** Counts from 0 below a number, or through a range. The body must not set the counter. */
  loop(range: Range | I32 | number, body: (i: Local<"i32">) => void): void {
    const { from = 0, to, step = 1 }: Range = typeof range === "number" || "emit" in range ? { to: range } : range;
    invariant(step > 0, "a loop counts upwards");
    if (typeof from === "number" && typeof to === "number" && from >= to) return;
    const i = this.let(liftI32(from));
    const run = (): void =>
      this.#repeat(() => {
        body(i);
        this.set(i, i32.add(i, step));
        i32.ltS(i, to).emit(this.#code);
      });
    if (typeof from === "number" && typeof to === "number") run();
    else this.if(i32.ltS(i, to), run);
  }

  /** Runs the body as long as the condition holds. */
  while(condition: I32, body: () => void): void {
    this.if(condition, () =>
      this.#repeat(() => {
        body();
        condition.emit(this.#code);
      }),
    );
  }

  /** Calls now; gives the variable that holds the result, if there is one. */
  call<Q extends Types, T extends MaybeType>(callee: Callable<Q, T>, ...args: ExpressionsOf<Q>): ResultOf<T> {
    for (const argument of args as readonly Expression[]) argument.emit(this.#code);
    this.#withIndex(0x10, callee.index);
    const { result } = callee.signature;
    if (result === undefined) return undefined as ResultOf<T>;
    const local = this.local(result);
    this.#withIndex(0x21, local.index);
    return local as unknown as ResultOf<T>;
  }

  return(value?: Expression): void {
    value?.emit(this.#code);
    this.#code.bytes.byte(0x0f);
  }

  /** Declarations, prologue and code, as the code section wants them. */
  toBody(): ByteBuffer {
    const body = new ByteBuffer();
    const runs = this.#localRuns();
    body.unsigned(runs.length);
    for (const [type, count] of runs) {
      body.unsigned(count);
      body.byte(typeByte[type]);
    }
    this.#constants.forEach((local, offset) => {
      body.opcode(loadFromPool);
      body.unsigned(offset);
      body.byte(0x21);
      body.unsigned(local);
    });
    body.appendBuffer(this.#code.bytes);
    // A function with a result ends by `return`; what follows is never reached.
    if (this.signature.result !== undefined) body.byte(0x00);
    body.byte(0x0b);
    if (body.length > mostBodyBytes)
      throw tooLarge(this, `has ${body.length} bytes of code, but engines allow ${mostBodyBytes}`);
    return body;
  }

  #repeat(body: () => void): void {
    const { bytes } = this.#code;
    bytes.opcode([0x03, 0x40]);
    body();
    bytes.opcode([0x0d, 0, 0x0b]);
  }

  #withIndex(opcode: number, index: number): void {
    this.#code.bytes.byte(opcode);
    this.#code.bytes.unsigned(index);
  }

  #localAt<T extends ValueType>(type: T, index: number): Local<T> {
    return {
      type,
      index,
      emit: (code) => {
        if (code !== this.#code) broken(`a local of ${nameOf(this)} is used in another function`);
        code.bytes.byte(0x20);
        code.bytes.unsigned(index);
      },
    };
  }

  #newIndex(type: ValueType): number {
    this.#locals.push(type);
    const count = this.signature.params.length + this.#locals.length;
    if (count > mostLocals) throw tooLarge(this, `needs more than ${mostLocals} locals`);
    return count - 1;
  }

  #constantLocal(offset: number): number {
    const known = this.#constants.get(offset);
    if (known !== undefined) return known;
    const index = this.#newIndex("v128");
    this.#constants.set(offset, index);
    return index;
  }

  #localRuns(): [ValueType, number][] {
    const runs: [ValueType, number][] = [];
    let last: ValueType | undefined;
    for (let i = 0; i < this.#locals.length; i++) {
      const type = this.#locals[i]!;
      if (type === last) runs.at(-1)![1]++;
      else runs.push([type, 1]);
      last = type;
    }
    return runs;
  }
}

type Named = Pick<FunctionBuilder, "name" | "index">;

const nameOf = ({ name, index }: Named): string => name ?? `function ${index}`;

const tooLarge = (fn: Named, what: string): ElbowError =>
  new ElbowError("wasm-limit", {
    message: `the WebAssembly function ${nameOf(fn)} ${what}`,
    hint: "split the program into several functions, or give variables a `scope`.",
  });
