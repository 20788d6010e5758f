// The branch primitive. Its rules transform both branches, so it lives with the transforms.
import { ElbowError } from "../errors.js";
import { build, emit } from "../ir/builder.js";
import type { CondAttributes } from "../ir/control.js";
import { evaluate } from "../ir/evaluate.js";
import { type MaybeZero, type Primitive, primitive } from "../ir/primitive.js";
import { reshape } from "../ir/primitives/axes.js";
import { select } from "../ir/primitives/comparison.js";
import { type Program, type Type, typeOf, type Variable } from "../ir/program.js";
import { formatShape, range, sameShape, sizeOf } from "../util/shapes.js";
import { followDependence, mergeDependence } from "./estimate/dependence.js";
import { vjpInto, zerosLike } from "./grad.js";
import { jvpInto } from "./jvp.js";
import { runBatched } from "./vmap.js";

const isFloat = ({ dtype }: Type): boolean => dtype === "float32";
const isDefined = (x: MaybeZero): x is Variable => x !== undefined;

/** The same change made to both branches. */
const inBranches = ({ whenTrue, whenFalse }: CondAttributes, change: (branch: Program) => Program): CondAttributes => ({
  whenTrue: change(whenTrue),
  whenFalse: change(whenFalse),
});

export const condPrimitive: Primitive = primitive({
  name: "cond",
  infer: ([predicate], attributes) => {
    const { whenTrue, whenFalse } = attributes as CondAttributes;
    if (sizeOf(predicate!.shape) !== 1)
      throw new ElbowError("cond-predicate", {
        message: `cond needs one boolean, and its predicate has shape ${formatShape(predicate!.shape)}`,
        hint: "Use where(condition, x, y) for an elementwise choice.",
      });
    const describe = (types: readonly Type[]) =>
      types.map(({ shape, dtype }) => `${dtype}${formatShape(shape)}`).join(", ");
    const agree =
      whenTrue.outputs.length === whenFalse.outputs.length &&
      whenTrue.outputs.every(
        (output, i) =>
          sameShape(output.shape, whenFalse.outputs[i]!.shape) && output.dtype === whenFalse.outputs[i]!.dtype,
      );
    if (!agree)
      throw new ElbowError("cond-branches", {
        message: `the branches of cond return different types\n  when true:  ${describe(whenTrue.outputs)}\n  when false: ${describe(whenFalse.outputs)}`,
        hint: "Return the same structure, shapes and dtypes from both branches.",
      });
    return whenTrue.outputs.map(typeOf);
  },
  evaluate: ([predicate, ...operands], attributes) => {
    const { whenTrue, whenFalse } = attributes as CondAttributes;
    return evaluate(predicate!.elements[0] ? whenTrue : whenFalse, operands).map((result) => result.elements);
  },
  jvp: ({ inputs: [predicate, ...operands], attributes }, [, ...tangents]) => {
    const present = tangents.filter(isDefined);
    const branches = inBranches(attributes as CondAttributes, (branch) =>
      build([...operands, ...present].map(typeOf), (...args) => {
        const primals = args.splice(0, operands.length);
        const result = jvpInto(
          branch,
          primals,
          tangents.map((tangent) => (tangent ? args.shift() : undefined)),
        );
        return result.outputs.flatMap((output, i) =>
          isFloat(output) ? [result.tangents[i] ?? zerosLike(output)] : [],
        );
      }),
    );
    const found = emit(condPrimitive, [predicate!, ...operands, ...present], { ...branches });
    return (attributes as CondAttributes).whenTrue.outputs.map((output) =>
      isFloat(output) ? found.shift() : undefined,
    );
  },
  vjp: ({ inputs: [predicate, ...operands], attributes, isNeeded: [, ...isNeeded] }, cotangents) => {
    const present = cotangents.filter(isDefined);
    const isActive = operands.map((operand, i) => isNeeded[i]! && isFloat(operand));
    const branches = inBranches(attributes as CondAttributes, (branch) =>
      build([...operands, ...present].map(typeOf), (...args) => {
        const primals = args.splice(0, operands.length);
        const { pullback } = vjpInto(branch, primals, isActive);
        const passed = pullback(cotangents.map((cotangent) => (cotangent ? args.shift() : undefined)));
        return primals.flatMap((primal, i) => (isActive[i] ? [passed[i] ?? zerosLike(primal)] : []));
      }),
    );
    const found = emit(condPrimitive, [predicate!, ...operands, ...present], { ...branches });
    return [undefined, ...isActive.map((active) => (active ? found.shift() : undefined))];
  },
  axes: ([predicate, ...operands], attributes, outputs) => {
    const { whenTrue, whenFalse } = attributes as CondAttributes;
    const own = operands.map((operand, i) => new Map([[i, operand.shape.map((_, axis) => axis)]]));
    const branches = [whenTrue, whenFalse].map((branch) => branch.outputs.map(followDependence<number>(branch, own)));
    return outputs.map((_, o) => {
      const found = mergeDependence(branches.map((branch) => branch[o]!));
      return [predicate!.shape.map(() => null), ...operands.map((_, i) => found.get(i))];
    });
  },
  batch: ([predicate, ...operands], attributes, rank) => {
    const cond = attributes as CondAttributes;
    const sizes = range(rank).map((axis) => Math.max(...[predicate!, ...operands].map((input) => input.shape[axis]!)));
    if (sizeOf(predicate!.shape) === 1) {
      const branches = inBranches(cond, (branch) =>
        build(operands.map(typeOf), (...args) => runBatched(branch, args, sizes, true)),
      );
      return emit(condPrimitive, [reshape(predicate!, []), ...operands], { ...branches });
    }
    const whenFalse = runBatched(cond.whenFalse, operands, sizes);
    return runBatched(cond.whenTrue, operands, sizes).map((output, i) =>
      select(
        reshape(predicate!, [...predicate!.shape.slice(0, rank), ...output.shape.slice(rank).map(() => 1)]),
        output,
        whenFalse[i]!,
      ),
    );
  },
});

/** Emits a branch on one boolean: see {@link CondAttributes}. */
export const cond = (predicate: Variable, operands: readonly Variable[], branches: CondAttributes): Variable[] =>
  emit(condPrimitive, [reshape(predicate, []), ...operands], { ...branches });
