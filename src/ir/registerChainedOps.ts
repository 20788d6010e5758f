// tfjs-core registers no chained methods (`x.add(y)`) under Node; a user of tensors expects them.
import * as tf from "@tensorflow/tfjs-core";

export type {} from "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js";

const names = [
  "abs",
  "acos",
  "acosh",
  "add",
  "all",
  "any",
  "argMax",
  "argMin",
  "as1D",
  "as2D",
  "as3D",
  "as4D",
  "asScalar",
  "asType",
  "asin",
  "asinh",
  "atan",
  "atan2",
  "atanh",
  "batchToSpaceND",
  "broadcastTo",
  "cast",
  "ceil",
  "clipByValue",
  "concat",
  "cos",
  "cosh",
  "cumprod",
  "cumsum",
  "div",
  "divNoNan",
  "dot",
  "elu",
  "equal",
  "erf",
  "euclideanNorm",
  "exp",
  "expandDims",
  "expm1",
  "flatten",
  "floor",
  "floorDiv",
  "gather",
  "greater",
  "greaterEqual",
  "isFinite",
  "isInf",
  "isNaN",
  "leakyRelu",
  "less",
  "lessEqual",
  "log",
  "log1p",
  "logSigmoid",
  "logSoftmax",
  "logSumExp",
  "logicalAnd",
  "logicalNot",
  "logicalOr",
  "logicalXor",
  "matMul",
  "max",
  "maximum",
  "mean",
  "min",
  "minimum",
  "mod",
  "mul",
  "neg",
  "norm",
  "notEqual",
  "oneHot",
  "onesLike",
  "pad",
  "pow",
  "prelu",
  "prod",
  "reciprocal",
  "relu",
  "relu6",
  "reshape",
  "reshapeAs",
  "reverse",
  "round",
  "rsqrt",
  "selu",
  "sigmoid",
  "sign",
  "sin",
  "sinh",
  "slice",
  "softmax",
  "softplus",
  "split",
  "sqrt",
  "square",
  "squaredDifference",
  "squeeze",
  "stack",
  "step",
  "stridedSlice",
  "sub",
  "sum",
  "tan",
  "tanh",
  "tile",
  "toBool",
  "toFloat",
  "toInt",
  "topk",
  "transpose",
  "unique",
  "unsortedSegmentSum",
  "unstack",
  "where",
  "zerosLike",
] as const;

type Method = (this: tf.Tensor, ...args: unknown[]) => unknown;

/** Methods whose name or argument order differs from the function's. */
const special: Record<string, Method> = {
  flatten() {
    return tf.reshape(this, [this.size]);
  },
  asScalar() {
    return tf.reshape(this, []);
  },
  as1D() {
    return tf.reshape(this, [this.size]);
  },
  as2D(...shape) {
    return tf.reshape(this, shape as number[]);
  },
  as3D(...shape) {
    return tf.reshape(this, shape as number[]);
  },
  as4D(...shape) {
    return tf.reshape(this, shape as number[]);
  },
  asType(dtype) {
    return tf.cast(this, dtype as tf.DataType);
  },
  toBool() {
    return tf.cast(this, "bool");
  },
  toFloat() {
    return tf.cast(this, "float32");
  },
  toInt() {
    return tf.cast(this, "int32");
  },
  reshapeAs(like) {
    return tf.reshape(this, (like as tf.Tensor).shape);
  },
  concat(others, axis) {
    return tf.concat([this, ...(Array.isArray(others) ? others : [others])] as tf.Tensor[], axis as number);
  },
  stack(others, axis) {
    return tf.stack([this, ...(Array.isArray(others) ? others : [others])] as tf.Tensor[], axis as number);
  },
  where(condition, other) {
    return tf.where(condition as tf.Tensor, this, other as tf.Tensor);
  },
};

const prototype = tf.Tensor.prototype as unknown as Record<string, Method>;
const functions = tf as unknown as Record<string, (...args: unknown[]) => unknown>;
for (const name of names) {
  if (name in prototype && typeof prototype[name] === "function") continue;
  const method =
    special[name] ??
    (functions[name] &&
      function (this: tf.Tensor, ...args: unknown[]) {
        return functions[name]!(this, ...args);
      });
  if (method) prototype[name] = method;
}
