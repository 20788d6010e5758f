import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { inline } from "../ir/interpret.js";
import { runEagerly } from "../ir/lifted.js";
import type { Program, Type } from "../ir/program.js";
import { emitOnTensors, isTracing, tensorOf, traceInner } from "../ir/tracing.js";
import { foldIn } from "../ops/random.js";
import { defaultStrategies } from "../strategies/defaults.js";
import { estimate } from "../transforms/estimate/estimate.js";
import { forward } from "../transforms/forward.js";
import { vmap } from "../transforms/vmap.js";
import { range } from "../util/shapes.js";
import { leavesOf, type Tree, withLeaves } from "../util/tree.js";
import type { Replicated } from "./effects.js";
import { aroundAxis } from "./siteLog.js";
import { checkingInner, noteValidity } from "./validity.js";

const keyType: Type = { shape: [2], dtype: "int32" };
const laneType: Type = { shape: [], dtype: "float32" };

/** Runs a computation in lanes with a key for each: recorded once, batched, and put in place or executed at once. */
export function runReplicated({ compute, runs, isEstimated, source }: Replicated, key: Tensor): Tree<Tensor> {
  let structure: Tree<Tensor> = [];
  let isChecked = false;
  const { program, captured } = traceInner([keyType, laneType], (own, lane) => {
    const { result, validity } = checkingInner(() =>
      aroundAxis({ name: "runs", size: runs }, () => compute(own!, lane!)),
    );
    // what is estimated is one tensor: the checks become a part of it
    structure = isEstimated && validity ? tf.add(result as Tensor, validity) : result;
    isChecked = !isEstimated && validity !== undefined;
    return [...leavesOf(structure).map(({ leaf }) => leaf), ...(isChecked ? [validity!] : [])];
  });
  const one = isEstimated ? estimatorOf(program, source.line) : program;
  const lanes = vmap(one, runs, [...captured.map(() => null), 0, 0]);
  const inputs = [
    ...captured.map(tensorOf),
    foldIn(key, tf.tensor1d(range(runs), "int32")),
    tf.tensor1d(range(runs), "float32"),
  ];
  const results = isTracing()
    ? emitOnTensors(inputs, (...variables) => inline(lanes, variables))
    : runEagerly(forward(lanes), inputs);
  if (isChecked) noteValidity(results.pop());
  return withLeaves(structure, results);
}

/** The estimator of a program's result, on its own. */
function estimatorOf(program: Program, source: string | undefined): Program {
  const { program: estimator, initialStates, hasAuxiliaryLoss } = estimate(program, defaultStrategies);
  if (initialStates.length === 0 && !hasAuxiliaryLoss) return estimator;
  throw new ElbowError("estimate-state", {
    message:
      "a baseline that is learned or that moves from step to step stands in a computation that is estimated apart",
    hint: 'Use a fixed baseline there, or copies with { baseline: "leaveOneOut" }.',
    at: { source },
  });
}
