import type { CondAttributes, ScanAttributes } from "../../../ir/control.js";
import type { Equation, Program } from "../../../ir/program.js";
import { sizeOf } from "../../../util/shapes.js";
import { i32 } from "../assembler/i32.js";
import type { Operand } from "../kernels/kernel.js";
import { copy } from "./copy.js";
import type { Frame } from "./unit.js";

const bytesOf = (operand: Operand): number => 4 * sizeOf(operand.shape);

/** A loop that calls the body's function; elements are copied to where it reads them. */
export function emitScan({ fn, values, compileInner }: Frame, { inputs, outputs, attributes }: Equation): void {
  const { body, constants, carries, length, reverse } = attributes as ScanAttributes;
  const sources = inputs.map((input) => values.operand(input));
  // before the body is compiled, whose memory for what it computes on the way is free again after that
  const targets = outputs.map((output) => values.target(output));
  const compiled = compileInner(body, sources.slice(0, constants));
  const carry = compiled.inputs.slice(constants, constants + carries);
  carry.forEach((operand, i) => {
    copy(fn, sources[constants + i]!, operand);
  });
  fn.loop(length, (step) =>
    fn.scope(() => {
      const t = reverse ? fn.let(i32.sub(length - 1, step)) : step;
      compiled.inputs.slice(constants + carries).forEach((element, i) => {
        const from = i32.add(i32.mul(t, bytesOf(element)), sources[constants + carries + i]!.address);
        fn.copyMemory(element.address, from, bytesOf(element));
      });
      fn.call(compiled.fn);
      carry.forEach((operand, i) => {
        copy(fn, compiled.outputs[i]!, operand);
      });
      compiled.outputs.slice(carries).forEach((result, i) => {
        const to = i32.add(i32.mul(t, bytesOf(result)), targets[carries + i]!.address);
        fn.copyMemory(to, result.address, bytesOf(result));
      });
    }),
  );
  carry.forEach((operand, i) => {
    copy(fn, operand, targets[i]!);
  });
}

/** A branch that calls the function of one side. */
export function emitCond({ fn, values, compileInner }: Frame, { inputs, outputs, attributes }: Equation): void {
  const { whenTrue, whenFalse } = attributes as CondAttributes;
  const [predicate, ...operands] = inputs.map((input) => values.operand(input));
  const targets = outputs.map((output) => values.target(output));
  const branch = (program: Program) => {
    const compiled = compileInner(program, operands);
    return () => {
      fn.call(compiled.fn);
      compiled.outputs.forEach((result, i) => {
        copy(fn, result, targets[i]!);
      });
    };
  };
  fn.if(i32.load(0, predicate!.address), branch(whenTrue), branch(whenFalse));
}
