// Turns functions of the wasm engine (src/runtime/wasm/math) into WGSL, instruction by instruction: so that both engines
// compute by the same formulas. A vector becomes its first lane, and a vector of doubles a sum of two single-precision
// numbers. Masks become conditions where that is all they are.
import { broken, invariant } from "../../../errors.js";
import type { V128 } from "../../wasm/assembler/expression.js";
import type { FunctionBuilder } from "../../wasm/assembler/functionBuilder.js";
import { ModuleBuilder } from "../../wasm/assembler/moduleBuilder.js";
import { type DecodedFunction, type DecodedModule, decodeModule, Reader } from "./decode.js";
import { i32Literal } from "./literals.js";
import {
  as,
  b,
  choose,
  i,
  isPlainConstant,
  type Kind,
  ones,
  other,
  type Piece,
  type Two,
  twos,
  typeName,
  u,
} from "./pieces.js";

/** Writes functions of the module under names of their own. */
class Translation {
  /** What kind the locals of each function are, as far as it is known. */
  private kinds: (Kind | undefined)[] = [];
  private isSettled = true;

  constructor(
    private readonly module: DecodedModule,
    private readonly nameOf: (index: number) => string,
  ) {}

  write(index: number): string {
    const fn = this.module.functions[index]!;
    this.kinds = [...new Array<Kind>(fn.parameters).fill("u"), ...fn.locals.map(() => undefined)];
    for (let round = 0; round < 12; round++) {
      this.isSettled = true;
      const body = this.body(fn);
      if (this.isSettled) return this.frame(index, fn, body);
    }
    throw broken(`the locals of ${this.nameOf(index)} do not settle`);
  }

  private frame(index: number, fn: DecodedFunction, body: string): string {
    const parameters = Array.from({ length: fn.parameters }, (_, k) => `p${k}: u32`).join(", ");
    const copies = Array.from({ length: fn.parameters }, (_, k) => `  var v${k} = p${k};\n`).join("");
    const locals = this.kinds
      .slice(fn.parameters)
      .map((kind, k) => {
        const type = kind && typeName[kind];
        return type && new RegExp(`\\bv${k + fn.parameters}\\b`).test(body)
          ? `  var v${k + fn.parameters}: ${type};\n`
          : "";
      })
      .join("");
    return `fn ${this.nameOf(index)}(${parameters}) -> u32 {\n${copies}${locals}${body}}\n`;
  }

  /** The kind of a local that is given a piece. */
  private settle(local: number, kind: Kind): Kind {
    const known = this.kinds[local];
    if (known === kind || (known !== undefined && kind === "constant")) return known;
    if (known === undefined || known === "constant" || known === "other") {
      if (known !== undefined) this.isSettled = false;
      this.kinds[local] = kind;
      return kind;
    }
    if (kind === "other") return known;
    invariant(known !== "d" && kind !== "d", "a local is a double and something else");
    if (known !== "u") this.isSettled = false;
    this.kinds[local] = "u";
    return "u";
  }

  private body(fn: DecodedFunction): string {
    const reader = new Reader(fn.code);
    const { pool } = this.module;
    const stack: Piece[] = [];
    const constants = new Map<number, Piece>();
    const assigned = new Map<number, number>();
    const blocks: ("if" | "loop")[] = [];
    let out = "";
    const pop = (): Piece => stack.pop() ?? broken("the stack is empty");
    const line = (text: string): void => {
      out += `${"  ".repeat(blocks.length + 1)}${text}\n`;
    };
    const lines: Record<number, () => void> = {
      0: () => undefined,
      4: () => {
        reader.byte();
        line(`if (${as.b(pop())}) {`);
        blocks.push("if");
      },
      3: () => {
        reader.byte();
        line("loop {");
        blocks.push("loop");
      },
      5: () => {
        out += `${"  ".repeat(blocks.length)}} else {\n`;
      },
      11: () => {
        blocks.pop();
        if (!reader.isAtEnd) line("}");
      },
      13: () => {
        reader.unsigned();
        line(`if (!${as.b(pop())}) { break; }`);
      },
      15: () => line(`return ${as.u(pop())};`),
      16: () => {
        const index = reader.unsigned();
        const count = this.module.functions[index]!.parameters;
        const operands = stack.splice(stack.length - count, count).map(as.u);
        stack.push(u(`${this.nameOf(index)}(${operands.join(", ")})`));
      },
      32: () => {
        const index = reader.unsigned();
        const known = constants.get(index);
        const kind = this.kinds[index];
        if (known && assigned.get(index) === 1) stack.push(known);
        else if (kind === "other" || kind === undefined) stack.push(other);
        else if (kind === "constant") stack.push(constants.get(index)!);
        else stack.push({ kind, code: `v${index}` });
      },
      33: () => {
        const index = reader.unsigned();
        const piece = pop();
        assigned.set(index, (assigned.get(index) ?? 0) + 1);
        if (isPlainConstant(piece)) constants.set(index, piece);
        const kind = this.settle(index, piece.alternative ? "u" : piece.kind);
        if (kind === "constant" || kind === "other" || piece.kind === "other") return;
        const code = as[kind](piece);
        line(`v${index} = ${piece.isRounded ? `rounded(${code})` : code};`);
      },
      35: () => void reader.unsigned(),
      65: () => stack.push(i(i32Literal(reader.signed()))),
      69: () => stack.push(b(`(!${as.b(pop())})`)),
      72: () => binary((x, y) => b(`(${as.i(x)} < ${as.i(y)})`)),
      106: () => binary((x, y) => i(`(${as.i(x)} + ${as.i(y)})`)),
    };
    const binary = (apply: Two): void => {
      const y = pop();
      const x = pop();
      stack.push(x.kind === "other" || y.kind === "other" ? other : apply(x, y));
    };
    const vector = (code: number): void => {
      if (code === 0) {
        reader.unsigned();
        const offset = reader.unsigned();
        stack.push({ kind: "constant", code: "", content: pool.subarray(offset, offset + 16) });
      } else if (code === 13) {
        const lanes = reader.take(16);
        const y = pop();
        const x = pop();
        stack.push(lanes[0] === 0 ? x : lanes[0] === 16 ? y : other);
      } else if (code === 82) {
        const mask = pop();
        const y = pop();
        const x = pop();
        if ([mask, x, y].some(({ kind }) => kind === "other")) stack.push(other);
        else if (mask.kind === "b") stack.push(choose(x, y, mask.code));
        else stack.push(u(`((${as.u(x)} & ${as.u(mask)}) | (${as.u(y)} & ~${as.u(mask)}))`));
      } else if (code === 83 || code === 163) {
        const x = pop();
        stack.push(x.kind === "other" ? b("false") : b(as.b(x)));
      } else if (ones[code]) {
        const x = pop();
        stack.push(x.kind === "other" ? other : ones[code](x));
      } else if (twos[code]) binary(twos[code]);
      else throw broken(`instruction ${code} has no translation`);
    };
    while (!reader.isAtEnd) {
      const code = reader.byte();
      if (code === 0xfd) vector(reader.unsigned());
      else (lines[code] ?? broken(`opcode ${code} has no translation`))();
    }
    return out;
  }
}

const translated = new Map<string, string>();

/** The WGSL of a function of bits, `name(p0: u32, …) -> u32`, and of what it calls. */
export function translate(
  name: string,
  parameters: number,
  write: (fn: FunctionBuilder, x: readonly V128[]) => V128,
): string {
  const known = translated.get(name);
  if (known !== undefined) return known;
  const builder = new ModuleBuilder({ memory: { minimum: 0 } });
  const params = new Array<"v128">(parameters).fill("v128");
  const fn = builder.function({ params, result: "v128" }, name);
  fn.return(write(fn as unknown as FunctionBuilder, fn.params));
  const module = decodeModule(builder.toBytes({ constantsAt: 0 }));
  const translation = new Translation(module, (index) => (index === 0 ? name : `${name}_${index}`));
  const source = module.functions.map((_, index) => translation.write(index)).join("");
  translated.set(name, source);
  return source;
}
