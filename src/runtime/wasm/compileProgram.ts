import { ElbowError, invariant } from "../../errors.js";
import type { CondAttributes, ScanAttributes } from "../../ir/control.js";
import type { Elements, Equation, Program, Variable } from "../../ir/program.js";
import { sizeOf } from "../../util/shapes.js";
import type { Local, V128 } from "./assembler/expression.js";
import type { FunctionBuilder } from "./assembler/functionBuilder.js";
import { i32 } from "./assembler/i32.js";
import type { ModuleBuilder } from "./assembler/moduleBuilder.js";
import { v128 } from "./assembler/v128.js";
import { laneRules } from "./elementwise.js";
import type { Kernel, Operand } from "./kernels/kernel.js";
import { foldLanes, foldOf, maskedTo } from "./kernels/reductions.js";
import { kernels } from "./kernels/table.js";
import { accessTo, forEachChunk, storeAt } from "./loops.js";
import type { MemoryLayout } from "./memory.js";
import { type Item, schedule } from "./schedule.js";

/** What all functions of a module share. */
export interface Unit {
  readonly module: ModuleBuilder;
  readonly layout: MemoryLayout;
  /** Constants in memory, to be written once. */
  readonly constants: { readonly operand: Operand; readonly elements: Elements }[];
}

/** A program as a function without parameters that reads and writes fixed addresses. */
export interface CompiledFunction {
  readonly fn: FunctionBuilder<readonly [], undefined>;
  readonly inputs: readonly Operand[];
  /** Distinct from the inputs, from constants and from each other. */
  readonly outputs: readonly Operand[];
}

/** A value: where it is kept, in locals, in memory or both. */
interface Value {
  readonly variable: Variable;
  /** Four elements each; a single element is in all lanes. */
  chunks: readonly Local<"v128">[] | undefined;
  operand: Operand | undefined;
  /** Whether the memory is this function's to release. */
  isOwn: boolean;
}

/** Compiles a program into the unit. Inputs that are not given get memory of their own. */
export const compileFunction = (
  unit: Unit,
  program: Program,
  given: readonly (Operand | undefined)[] = [],
): CompiledFunction => new FunctionCompiler(unit, program, given).compile();

class FunctionCompiler {
  private readonly fn: FunctionBuilder<readonly [], undefined>;
  private readonly values = new Map<Variable, Value>();
  private readonly items: readonly Item[];
  /** The last item that uses a value. */
  private readonly lastUse = new Map<Value, number>();

  constructor(
    private readonly unit: Unit,
    private readonly program: Program,
    private readonly given: readonly (Operand | undefined)[],
  ) {
    this.fn = unit.module.function({ params: [] });
    this.items = schedule(program);
  }

  compile(): CompiledFunction {
    const { program, unit } = this;
    const inputs = program.inputs.map((variable, i) => {
      const operand = this.given[i] ?? unit.layout.allocate(variable);
      this.values.set(variable, { variable, chunks: undefined, operand, isOwn: false });
      return operand;
    });
    for (const { variable, elements } of program.constants) {
      const operand = unit.layout.allocate(variable);
      unit.constants.push({ operand, elements });
      this.values.set(variable, { variable, chunks: undefined, operand, isOwn: false });
    }
    this.findLastUses();
    this.items.forEach((item, at) => {
      this.emit(item, at);
      for (const [value, last] of this.lastUse)
        if (last === at && value.isOwn && value.operand) {
          unit.layout.release(value.operand);
          value.isOwn = false;
        }
    });
    return { fn: this.fn, inputs, outputs: this.finishOutputs() };
  }

  private findLastUses(): void {
    const { program, items } = this;
    items.forEach((item, at) => {
      const equations = item.kind === "loop" ? item.equations : [item.equation];
      for (const { inputs, outputs } of equations) {
        for (const output of outputs)
          if (item.kind === "alias") this.values.set(output, this.values.get(inputs[0]!)!);
          else this.values.set(output, { variable: output, chunks: undefined, operand: undefined, isOwn: false });
        for (const variable of [...inputs, ...outputs]) this.lastUse.set(this.value(variable), at);
      }
    });
    for (const output of program.outputs) this.lastUse.set(this.value(output), Number.POSITIVE_INFINITY);
  }

  private value(variable: Variable): Value {
    const value = this.values.get(variable);
    invariant(value, `variable ${variable.id} has no value`);
    return value;
  }

  private emit(item: Item, at: number): void {
    if (item.kind === "small") this.emitSmall(item.equation);
    else if (item.kind === "loop") this.emitLoop(item.equations, at);
    else if (item.kind === "kernel") this.emitKernel(item.equation);
  }

  /** The value's four-element chunks in locals, loaded if need be. */
  private chunks(variable: Variable): readonly Local<"v128">[] {
    const value = this.value(variable);
    if (value.chunks) return value.chunks;
    const { address } = this.operand(variable);
    const size = sizeOf(variable.shape);
    const { fn } = this;
    value.chunks =
      size === 1
        ? [fn.let(v128.load32Splat(0, address))]
        : Array.from({ length: Math.ceil(size / 4) }, (_, i) => fn.let(v128.load(0, address + 16 * i)));
    return value.chunks;
  }

  /** The value in memory, stored there if need be, under the variable's own shape. */
  private operand(variable: Variable): Operand {
    const value = this.value(variable);
    if (!value.operand) {
      invariant(value.chunks, `variable ${variable.id} is used before it is computed`);
      value.operand = this.unit.layout.allocate(variable);
      value.isOwn = true;
      const { address } = value.operand;
      value.chunks.forEach((chunk, i) => {
        this.fn.store(0, chunk, address + 16 * i);
      });
    }
    return { ...value.operand, shape: variable.shape };
  }

  /** Memory for a result. */
  private target(variable: Variable): Operand {
    const value = this.value(variable);
    value.operand = this.unit.layout.allocate(variable);
    value.isOwn = true;
    return value.operand;
  }

  private applyLanes({ primitive, inputs, outputs, attributes }: Equation, x: readonly V128[]): Local<"v128"> {
    const from = inputs.map(({ dtype }) => dtype);
    return this.fn.let(laneRules[primitive.name]!({ fn: this.fn, x, from, to: outputs[0]!.dtype, attributes }));
  }

  private emitSmall(equation: Equation): void {
    const { fn } = this;
    const [output] = equation.outputs;
    const operands = equation.inputs.map((input) => this.chunks(input));
    const fold = foldOf(equation.primitive.name, equation.inputs[0]!);
    if (fold) {
      const size = sizeOf(equation.inputs[0]!.shape);
      const map = fold.map ?? ((_, x) => x);
      const parts = operands[0]!.map((chunk, i) => maskedTo(fold, map(fn, chunk), size === 1 ? 1 : size - 4 * i));
      this.value(output!).chunks = [foldLanes(fn, fold, fn.let(parts.reduce((sum, part) => fold.join(sum, part))))];
      return;
    }
    const count = sizeOf(output!.shape) === 1 ? 1 : Math.ceil(sizeOf(output!.shape) / 4);
    this.value(output!).chunks = Array.from({ length: count }, (_, i) =>
      this.applyLanes(
        equation,
        operands.map((chunks) => chunks[chunks.length === 1 ? 0 : i]!),
      ),
    );
  }

  /** One loop over the shape; values that nothing else uses never leave their locals. */
  private emitLoop(equations: readonly Equation[], at: number): void {
    const { fn } = this;
    const shape = equations[0]!.outputs[0]!.shape;
    const made = new Set(equations.flatMap(({ outputs }) => outputs));
    const outside = [...new Set(equations.flatMap(({ inputs }) => inputs))].filter((input) => !made.has(input));
    const kept = [...made].filter((output) => this.lastUse.get(this.value(output))! > at);
    const sources = outside.map((input) => accessTo(this.operand(input).address, input.shape, shape));
    const targets = kept.map((output) => accessTo(this.target(output).address, shape, shape));
    forEachChunk(fn, shape, sources, targets, (loaded, positions) => {
      const lanes = new Map<Variable, V128>(outside.map((input, i) => [input, loaded[i]!]));
      for (const equation of equations)
        lanes.set(
          equation.outputs[0]!,
          this.applyLanes(
            equation,
            equation.inputs.map((input) => lanes.get(input)!),
          ),
        );
      kept.forEach((output, i) => {
        storeAt(fn, positions[i]!, lanes.get(output)!);
      });
    });
  }

  private emitKernel(equation: Equation): void {
    const { primitive, inputs, outputs, attributes } = equation;
    if (primitive.name === "scan" || primitive.name === "cond") {
      if (primitive.name === "scan") this.emitScan(equation);
      else this.emitCond(equation);
      return;
    }
    const kernel: Kernel | undefined = kernels[primitive.name];
    if (!kernel)
      throw new ElbowError("unsupported-primitive", {
        message: `the wasm engine has no kernel for ${primitive.name}`,
        hint: "Choose another engine: tfjs:wasm, tfjs:cpu or reference.",
        at: { source: equation.source?.line },
      });
    const scratch: Operand[] = [];
    const context = {
      fn: this.fn as unknown as FunctionBuilder,
      scratch: (bytes: number) => {
        const operand = this.unit.layout.allocate({ shape: [Math.ceil(bytes / 4)], dtype: "float32" });
        scratch.push(operand);
        return operand.address;
      },
    };
    const sources = inputs.map((input) => this.operand(input));
    this.fn.scope(() =>
      kernel(
        context,
        sources,
        outputs.map((output) => this.target(output)),
        attributes,
      ),
    );
    for (const operand of scratch) this.unit.layout.release(operand);
  }

  private copy(from: number, to: number, bytes: number): void {
    if (bytes > 0 && from !== to) this.fn.copyMemory(i32.const(to), i32.const(from), bytes);
  }

  /** A loop that calls the body's function; elements are copied to where it reads them. */
  private emitScan({ inputs, outputs, attributes }: Equation): void {
    const { fn, unit } = this;
    const { body, constants, carries, length, reverse } = attributes as ScanAttributes;
    const sources = inputs.map((input) => this.operand(input));
    const compiled = compileFunction(unit, body, sources.slice(0, constants));
    const targets = outputs.map((output) => this.target(output));
    const bytes = (operand: Operand): number => 4 * sizeOf(operand.shape);
    const carry = compiled.inputs.slice(constants, constants + carries);
    carry.forEach((operand, i) => {
      this.copy(sources[constants + i]!.address, operand.address, bytes(operand));
    });
    fn.loop(length, (step) =>
      fn.scope(() => {
        const t = reverse ? fn.let(i32.sub(length - 1, step)) : step;
        compiled.inputs.slice(constants + carries).forEach((element, i) => {
          const from = i32.add(i32.mul(t, bytes(element)), sources[constants + carries + i]!.address);
          fn.copyMemory(element.address, from, bytes(element));
        });
        fn.call(compiled.fn);
        carry.forEach((operand, i) => {
          this.copy(compiled.outputs[i]!.address, operand.address, bytes(operand));
        });
        compiled.outputs.slice(carries).forEach((result, i) => {
          const to = i32.add(i32.mul(t, bytes(result)), targets[carries + i]!.address);
          fn.copyMemory(to, result.address, bytes(result));
        });
      }),
    );
    carry.forEach((operand, i) => {
      this.copy(operand.address, targets[i]!.address, bytes(operand));
    });
  }

  private emitCond({ inputs, outputs, attributes }: Equation): void {
    const { fn, unit } = this;
    const { whenTrue, whenFalse } = attributes as CondAttributes;
    const [predicate, ...operands] = inputs.map((input) => this.operand(input));
    const targets = outputs.map((output) => this.target(output));
    const branch = (program: Program) => {
      const compiled = compileFunction(unit, program, operands);
      return () => {
        fn.call(compiled.fn);
        compiled.outputs.forEach((result, i) => {
          this.copy(result.address, targets[i]!.address, 4 * sizeOf(result.shape));
        });
      };
    };
    fn.if(i32.load(0, predicate!.address), branch(whenTrue), branch(whenFalse));
  }

  /** Every output in memory that is nobody else's. */
  private finishOutputs(): Operand[] {
    const taken = new Set<number>();
    return this.program.outputs.map((output) => {
      const value = this.value(output);
      const operand = this.operand(output);
      if (value.isOwn && !taken.has(operand.address)) {
        taken.add(operand.address);
        return operand;
      }
      const copy = this.unit.layout.allocate(output);
      this.copy(operand.address, copy.address, 4 * sizeOf(output.shape));
      return copy;
    });
  }
}
