// Every captured kernel: the traced program, evaluated by the reference rules, against tfjs itself on the cpu backend.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { captures } from "../../src/ir/capture/captures.js";
import { evaluate } from "../../src/ir/evaluate.js";
import type { DType } from "../../src/ir/program.js";
import { trace } from "../../src/ir/tracing.js";
import { sizeOf } from "../../src/util/shapes.js";
import { randomFrom } from "./conformance/conformance.js";

/** An argument: shape, bounds (both included for integers), element type. */
interface Argument {
  readonly shape: number[];
  readonly low: number;
  readonly high: number;
  readonly dtype: DType;
}
const float = (shape: number[], low = -2, high = 2): Argument => ({ shape, low, high, dtype: "float32" });
const int = (shape: number[], low = -5, high = 5): Argument => ({ shape, low, high, dtype: "int32" });
const bool = (shape: number[]): Argument => ({ shape, low: 0, high: 1, dtype: "bool" });

type Body = (...x: never[]) => tf.Tensor | readonly tf.Tensor[];
type Case = readonly [name: string, arguments_: readonly Argument[], body: Body];
type T1 = tf.Tensor1D;
type T2 = tf.Tensor2D;
type T3 = tf.Tensor3D;
type T4 = tf.Tensor4D;
type T5 = tf.Tensor5D;
type T = tf.Tensor;

/** The functions of tfjs by name. */
const ops = { ...tf };

const m = float([3, 4]);
const positive = float([3, 4], 0.2, 3);
const unit = float([3, 4], -0.9, 0.9);
const whole = int([3, 4]);

const unary: Case[] = (
  [
    ["abs", m],
    ["acos", unit],
    ["acosh", float([5], 1.1, 4)],
    ["asin", unit],
    ["asinh", m],
    ["atan", m],
    ["atanh", unit],
    ["ceil", m],
    ["cos", m],
    ["cosh", m],
    ["elu", m],
    ["erf", m],
    ["exp", m],
    ["expm1", m],
    ["floor", m],
    ["isFinite", m],
    ["isInf", m],
    ["isNaN", m],
    ["leakyRelu", m],
    ["log", positive],
    ["log1p", positive],
    ["logSigmoid", m],
    ["logSoftmax", m],
    ["logSumExp", m],
    ["neg", m],
    ["onesLike", m],
    ["reciprocal", positive],
    ["relu", m],
    ["relu6", float([8], -3, 9)],
    ["round", m],
    ["rsqrt", positive],
    ["selu", m],
    ["sigmoid", m],
    ["sign", m],
    ["sin", m],
    ["sinh", m],
    ["softmax", m],
    ["softplus", m],
    ["sqrt", positive],
    ["square", m],
    ["step", m],
    ["tan", unit],
    ["tanh", m],
    ["zerosLike", m],
    ["logicalNot", bool([3, 4])],
    ["abs", whole],
    ["neg", whole],
    ["sign", whole],
    ["square", whole],
    ["relu", whole],
    ["onesLike", whole],
    ["zerosLike", bool([2])],
    ["moments", m],
    ["euclideanNorm", m],
  ] as const
).map(
  ([name, argument]): Case => [
    `${name} ${argument.dtype}`,
    [argument],
    (x: T) => {
      const result = (ops as unknown as Record<string, (x: T) => T | { mean: T; variance: T }>)[name]!(x);
      return result instanceof tf.Tensor ? result : [result.mean, result.variance];
    },
  ],
);

const row = float([1, 4]);
const binary: Case[] = [
  ...(
    ["add", "sub", "mul", "div", "maximum", "minimum", "squaredDifference", "atan2", "mod", "divNoNan"] as const
  ).flatMap((name): Case[] => [
    [`${name}, broadcast`, [m, row], (a: T, b: T) => ops[name](a, b)],
    [`${name}, scalar`, [m, float([])], (a: T, b: T) => ops[name](b, a)],
  ]),
  ...(["add", "sub", "mul", "maximum", "minimum", "squaredDifference"] as const).flatMap((name): Case[] => [
    [`${name} of integers`, [whole, int([4])], (a: T, b: T) => ops[name](a, b)],
    [`${name} of integers and floats`, [whole, row], (a: T, b: T) => ops[name](a, b)],
  ]),
  ["div of integers is floorDiv", [whole, int([4], 1, 3)], (a: T, b: T) => tf.div(a, b)],
  ["div of integers and floats", [whole, float([4], 1, 3)], (a: T, b: T) => tf.div(a, b)],
  ["floorDiv of integers", [whole, int([4], -3, -1)], (a: T, b: T) => tf.floorDiv(a, b)],
  ["mod of integers", [whole, int([4], 1, 3)], (a: T, b: T) => tf.mod(a, b)],
  ["pow", [positive, row], (a: T, b: T) => tf.pow(a, b)],
  ["pow, whole exponent", [m], (a: T) => tf.pow(a, tf.scalar(3, "int32"))],
  ["pow of integers", [whole], (a: T) => tf.pow(a, tf.scalar(2, "int32"))],
  ["prelu", [m, row], (a: T, b: T) => tf.prelu(a, b)],
  ["addN", [m, m, m], (...x: T[]) => tf.addN(x)],
  ["clipByValue", [m], (x: T) => tf.clipByValue(x, -0.5, 1)],
  ["clipByValue of integers", [whole], (x: T) => tf.clipByValue(x, -2, 3)],
  ["step with alpha", [m], (x: T) => tf.step(x, 0.25)],
  ["a number and a tensor", [m], (x: T) => tf.add(tf.mul(x, 2), 1)],
  ["an integer times a fraction", [whole], (x: T) => tf.mul(x, 1.5)],
  ...(["equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual"] as const).flatMap((name): Case[] => [
    [name, [int([3, 4], 0, 2), int([4], 0, 2)], (a: T, b: T) => ops[name](a, b)],
    [`${name} of floats`, [m, row], (a: T, b: T) => ops[name](a, b)],
  ]),
  ...(["logicalAnd", "logicalOr", "logicalXor"] as const).map(
    (name): Case => [name, [bool([3, 4]), bool([4])], (a: T, b: T) => ops[name](a, b)],
  ),
  ["where", [bool([3, 4]), m, row], (c: T, a: T, b: T) => tf.where(c, a, b)],
  ["where of a scalar", [bool([3, 1]), m, float([])], (c: T, a: T, b: T) => tf.where(c, a, b)],
];

const cube = float([2, 3, 4]);
const reductions: Case[] = [
  ...(["sum", "mean", "max", "min", "prod", "logSumExp", "norm"] as const).flatMap((name): Case[] => {
    const reduce = (x: T, axis?: number | number[], keep?: boolean) =>
      name === "norm" ? tf.norm(x, 2, axis, keep) : ops[name](x, axis, keep);
    return [
      [name, [cube], (x: T) => reduce(x)],
      [`${name} of an axis`, [cube], (x: T) => reduce(x, -2)],
      [`${name}, kept`, [cube], (x: T) => reduce(x, 1, true)],
    ];
  }),
  ...(["sum", "mean", "max", "min", "prod"] as const).flatMap((name): Case[] => [
    [`${name} of axes`, [cube], (x: T) => ops[name](x, [0, 2])],
    [`${name} of integers`, [whole], (x: T) => ops[name](x, 1)],
  ]),
  ["sum of booleans", [bool([3, 4])], (x: T) => tf.sum(x, 1)],
  ["mean of booleans", [bool([3, 4])], (x: T) => tf.mean(x, 1)],
  ["prod of booleans", [bool([3, 2])], (x: T) => tf.prod(x, 1)],
  ["all", [bool([5, 2])], (x: T) => tf.all(x, 1)],
  ["any", [bool([5, 2])], (x: T) => tf.any(x, 1, true)],
  ["argMax", [cube], (x: T) => tf.argMax(x, 1)],
  ["argMin", [cube], (x: T) => tf.argMin(x, -1)],
  ["cumsum", [cube], (x: T) => tf.cumsum(x, 1)],
  ["cumsum, exclusive and reverse", [cube], (x: T) => tf.cumsum(x, 2, true, true)],
  ["cumprod", [cube], (x: T) => tf.cumprod(x, 1, true)],
  [
    "topk",
    [cube],
    (x: T) => {
      const { values, indices } = tf.topk(x, 2);
      return [values, indices];
    },
  ],
];

const shapes: Case[] = [
  ["fill", [], () => tf.fill([2, 3], 1.5)],
  ["fill of booleans", [], () => tf.fill([2], 1, "bool")],
  ["range", [], () => [tf.range(2, 9, 2), tf.range(5, 1), tf.range(0, 4, 1, "int32"), tf.range(0, 1, 0.25)]],
  ["linspace", [], () => tf.linspace(1, 3, 5)],
  ["ones, zeros, eye", [], () => [tf.ones([2, 2]), tf.zeros([3]), tf.eye(3)]],
  ["reshape", [cube], (x: T) => [tf.reshape(x, [4, -1]), tf.reshape(x, [24])]],
  ["expandDims", [m], (x: T) => [tf.expandDims(x, 0), tf.expandDims(x, 1), tf.expandDims(x, -1)]],
  ["squeeze", [float([1, 3, 1])], (x: T) => tf.squeeze(x)],
  ["transpose", [cube], (x: T) => [tf.transpose(x), tf.transpose(x, [1, 0, 2])]],
  ["cast", [float([6], -3, 3)], (x: T) => [tf.cast(x, "int32"), tf.cast(x, "bool"), tf.cast(x, "float32")]],
  ["cast of booleans", [bool([4])], (x: T) => [tf.cast(x, "int32"), tf.cast(x, "float32")]],
  ["broadcastTo", [row], (x: T) => tf.broadcastTo(x, [2, 3, 4])],
  ["tile", [m, row], (x: T, y: T) => [tf.tile(x, [2, 3]), tf.tile(y, [3, 1])]],
  ["clone", [m], (x: T) => tf.clone(x)],
  ["diag", [float([3]), float([2, 2])], (x: T, y: T) => [tf.diag(x), tf.diag(y)]],
  ["reverse", [cube], (x: T) => [tf.reverse(x), tf.reverse(x, 1), tf.reverse(x, [0, -1])]],
  ["concat", [m, float([2, 4])], (x: T, y: T) => tf.concat([x, y], 0)],
  ["concat of integers, from the back", [whole, whole], (x: T, y: T) => tf.concat([x, y], -1)],
  ["concat with an empty tensor", [m, float([0, 4])], (x: T, y: T) => tf.concat([x, y], 0)],
  ["stack", [m, m], (x: T, y: T) => [tf.stack([x, y]), tf.stack([x, y], 1), tf.stack([x, y], -1)]],
  ["unstack", [m], (x: T) => [...tf.unstack(x), ...tf.unstack(x, 1)]],
  ["slice", [cube], (x: T) => [tf.slice(x, [0, 1, 2], [2, 1, -1]), tf.slice(x, 1), tf.slice(x, [1, 2])]],
  ["split", [float([6, 2])], (x: T) => [...tf.split(x, 3), ...tf.split(x, [1, -1, 2])]],
  [
    "pad",
    [m],
    (x: T) => [
      tf.pad(x, [
        [1, 0],
        [2, 1],
      ]),
      tf.pad(
        x,
        [
          [1, 0],
          [0, 1],
        ],
        3,
      ),
    ],
  ],
  ["pad of booleans", [bool([2])], (x: T) => tf.pad(x, [[1, 0]])],
  [
    "mirrorPad",
    [m],
    (x: T) => [
      tf.mirrorPad(
        x,
        [
          [2, 1],
          [0, 3],
        ],
        "reflect",
      ),
      tf.mirrorPad(
        x,
        [
          [2, 1],
          [4, 0],
        ],
        "symmetric",
      ),
    ],
  ],
  [
    "stridedSlice",
    [float([5, 6])],
    (x: T) => [tf.stridedSlice(x, [1, 0], [5, 6], [2, 3]), tf.stridedSlice(x, [4, 5], [0, 0], [-1, -2])],
  ],
  [
    "stridedSlice with masks",
    [float([5, 6])],
    (x: T) => [
      tf.stridedSlice(x, [1, 2], [3, 4], [1, 1], 1, 2),
      tf.stridedSlice(x, [1, 2], [2, 4], [1, 1], 0, 0, 0, 0, 1),
      tf.stridedSlice(x, [0, 1], [0, 2], [1, 1], 0, 0, 1, 0, 0),
    ],
  ],
  ["depthToSpace", [float([1, 2, 3, 8])], (x: T4) => tf.depthToSpace(x, 2)],
  [
    "spaceToBatchND",
    [float([2, 3, 4, 2])],
    (x: T4) =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [1, 0],
          [0, 0],
        ],
      ),
  ],
  [
    "batchToSpaceND",
    [float([8, 2, 2, 2])],
    (x: T4) =>
      tf.batchToSpaceND(
        x,
        [2, 2],
        [
          [1, 0],
          [0, 1],
        ],
      ),
  ],
  ["meshgrid", [float([3]), float([2])], (x: T, y: T) => tf.meshgrid(x, y)],
  ["bandPart", [float([4, 4])], (x: T) => tf.linalg.bandPart(x, 1, 2)],
];

const indexing: Case[] = [
  ["gather", [cube, int([2, 2], 0, 2)], (x: T, i: T2) => tf.gather(x, i, 1)],
  ["gather with common axes", [cube, int([2, 2], 0, 2)], (x: T, i: T2) => tf.gather(x, i, 1, 1)],
  ["gatherND", [cube, int([4, 2], 0, 1)], (x: T, i: T) => tf.gatherND(x, i)],
  ["scatterND", [int([4, 1], 0, 2), float([4, 2])], (i: T, u: T) => tf.scatterND(i, u, [3, 2])],
  [
    "tensorScatterUpdate",
    [m, float([2, 4])],
    (x: T, u: T) => tf.tensorScatterUpdate(x, tf.tensor2d([[2], [0]], [2, 1], "int32"), u),
  ],
  ["oneHot", [int([2, 3], -1, 4)], (i: T) => [tf.oneHot(i, 4), tf.oneHot(i, 4, 2, -1, "float32")]],
  ["unsortedSegmentSum", [m, int([3], 0, 1)], (x: T, i: T1) => tf.unsortedSegmentSum(x, i, 3)],
  [
    "bincount",
    [int([6], 0, 5), float([6])],
    (x: T1, w: T1) => [tf.bincount(x, w, 4), tf.bincount(x, tf.tensor1d([]), 4)],
  ],
  [
    "denseBincount",
    [int([2, 6], 0, 5), float([2, 6])],
    (x: T2, w: T2) => [tf.denseBincount(x, w, 4), tf.denseBincount(x, w, 4, true)],
  ],
  [
    "searchSorted",
    [float([2, 5])],
    (x: T) => [
      tf.searchSorted(tf.tensor2d([-1, 0, 0.5, 1, -2, -1, 1, 1], [2, 4]), x, "left"),
      tf.upperBound(tf.tensor2d([-1, 0, 0.5, 1, -2, -1, 1, 1], [2, 4]), x),
      tf.lowerBound(tf.tensor2d([-1, 0, 0.5, 1, -2, -1, 1, 1], [2, 4]), x),
    ],
  ],
  ["confusionMatrix", [int([5], 0, 2), int([5], 0, 2)], (a: T1, b: T1) => tf.math.confusionMatrix(a, b, 3)],
];

const matrices: Case[] = [
  ["matMul", [m, float([4, 2])], (a: T, b: T) => tf.matMul(a, b)],
  ["matMul, transposed", [float([4, 3]), float([2, 4])], (a: T, b: T) => tf.matMul(a, b, true, true)],
  ["matMul, batched", [cube, float([2, 4, 2])], (a: T, b: T) => tf.matMul(a, b)],
  ["matMul, broadcast", [cube, float([4, 2])], (a: T, b: T) => tf.matMul(a, b)],
  ["dot", [float([4]), float([4]), m], (a: T, b: T, c: T) => [tf.dot(a, b), tf.dot(c, a)]],
  ["outerProduct", [float([3]), float([2])], (a: T1, b: T1) => tf.outerProduct(a, b)],
  ...(["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu"] as const).map(
    (activation): Case => [
      `fused matMul, ${activation}`,
      [m, float([2, 4]), float([2])],
      (a: T2, b: T2, bias: T) => tf.fused.matMul({ a, b, transposeB: true, bias, activation }),
    ],
  ),
  [
    "fused matMul, prelu",
    [m, float([4, 2]), float([2])],
    (a: T2, b: T2, w: T) => tf.fused.matMul({ a, b, activation: "prelu", preluActivationWeights: w }),
  ],
  ...(
    [
      ["ij,jk->ik", [3, 4], [4, 2]],
      ["ij,jk->ki", [3, 4], [4, 2]],
      ["bij,bjk->bik", [2, 3, 4], [2, 4, 2]],
      ["bij,jk->bik", [2, 3, 4], [4, 2]],
      ["ij,ij->", [3, 4], [3, 4]],
      ["i,j->ij", [3], [4]],
      ["i,i->", [3], [3]],
      ["bi,bi->b", [2, 3], [2, 3]],
      ["abij,cbj->aci", [2, 3, 2, 4], [2, 3, 4]],
      ["ijkl,klm->ijm", [2, 3, 2, 4], [2, 4, 3]],
    ] as const
  ).map(
    ([equation, a, b]): Case => [
      `einsum ${equation}`,
      [float([...a]), float([...b])],
      (x: T, y: T) => tf.einsum(equation, x, y),
    ],
  ),
  ["einsum of one", [cube], (x: T) => [tf.einsum("bij->bji", x), tf.einsum("bij->", x), tf.einsum("bij->jb", x)]],
];

const image = float([2, 5, 6, 3]);
const filter = float([3, 2, 3, 4]);
const convolutions: Case[] = [
  ...(["valid", "same", 1] as const).flatMap((pad): Case[] => [
    [`conv2d ${pad}`, [image, filter], (x: T4, f: T4) => tf.conv2d(x, f, [2, 1], pad)],
    [`conv2d ${pad}, dilated`, [image, filter], (x: T4, f: T4) => tf.conv2d(x, f, 1, pad, "NHWC", [1, 2])],
    [`maxPool ${pad}`, [image], (x: T4) => tf.maxPool(x, [2, 3], 2, pad)],
    [`avgPool ${pad}`, [image], (x: T4) => tf.avgPool(x, [2, 3], [1, 2], pad)],
    [`depthwiseConv2d ${pad}`, [image, float([3, 2, 3, 2])], (x: T4, f: T4) => tf.depthwiseConv2d(x, f, 1, pad)],
    [
      `conv2dTranspose ${pad}`,
      [float([2, 5, 6, 4]), filter],
      (y: T4, f: T4) => tf.conv2dTranspose(y, f, pad === "valid" ? [2, 7, 7, 3] : [2, 5, 6, 3], 1, pad),
    ],
  ]),
  [
    "conv2d, explicit padding",
    [image, filter],
    (x: T4, f: T4) =>
      tf.conv2d(x, f, 1, [
        [0, 0],
        [2, 0],
        [0, 1],
        [0, 0],
      ]),
  ],
  ["conv2d, rounded up", [image, filter], (x: T4, f: T4) => tf.conv2d(x, f, 3, 1, "NHWC", 1, "ceil")],
  ["conv2d of one image", [float([5, 6, 3]), filter], (x: T3, f: T4) => tf.conv2d(x, f, 1, "same")],
  ["conv1d", [float([2, 7, 3]), float([3, 3, 4])], (x: T3, f: T3) => tf.conv1d(x, f, 2, "same")],
  [
    "separableConv2d",
    [image, float([2, 2, 3, 2]), float([1, 1, 6, 4])],
    (x: T4, d: T4, p: T4) => tf.separableConv2d(x, d, p, 1, "same"),
  ],
  [
    "depthwiseConv2d, dilated",
    [image, float([2, 2, 3, 2])],
    (x: T4, f: T4) => tf.depthwiseConv2d(x, f, 1, "same", "NHWC", 2),
  ],
  [
    "fused conv2d",
    [image, filter, float([4])],
    (x: T4, f: T4, bias: T) => tf.fused.conv2d({ x, filter: f, strides: 1, pad: "same", bias, activation: "relu" }),
  ],
  [
    "fused depthwiseConv2d",
    [image, float([2, 2, 3, 2]), float([6])],
    (x: T4, f: T4, bias: T) =>
      tf.fused.depthwiseConv2d({ x, filter: f, strides: 1, pad: "same", bias, activation: "elu" }),
  ],
  [
    "conv3d",
    [float([1, 4, 4, 5, 2]), float([2, 3, 2, 2, 3])],
    (x: T5, f: T5) => [tf.conv3d(x, f, 1, "valid"), tf.conv3d(x, f, [2, 1, 2], "same")],
  ],
  [
    "conv2d filter gradient",
    [image, float([2, 5, 6, 4])],
    (x: T4, dy: T4) =>
      tf
        .engine()
        .runKernel(
          "Conv2DBackpropFilter",
          { x, dy },
          { strides: [1, 1], pad: "same", dataFormat: "NHWC", filterShape: [3, 2, 3, 4] },
        ) as T,
  ],
  [
    "pool",
    [image],
    (x: T4) => [tf.pool(x, [2, 2], "max", "same", [2, 2]), tf.pool(x, [2, 2], "avg", "valid", [1, 1], 2)],
  ],
  ["maxPool3d", [float([1, 4, 4, 5, 2])], (x: T5) => tf.maxPool3d(x, 2, 2, "same")],
  ["avgPool3d", [float([1, 4, 4, 5, 2])], (x: T5) => tf.avgPool3d(x, [2, 3, 2], 1, "same")],
  ["dilation2d", [image, float([2, 2, 3])], (x: T4, f: T3) => tf.dilation2d(x, f, 1, "same")],
  ["flipLeftRight", [image], (x: T4) => tf.image.flipLeftRight(x)],
  ["localResponseNormalization", [image], (x: T4) => tf.localResponseNormalization(x, 1, 1.5, 0.5, 0.75)],
  [
    "batchNorm",
    [image, float([3]), float([3], 0.5, 2), float([3]), float([3])],
    (x: T4, mean: T1, variance: T1, offset: T1, scale: T1) => [
      tf.batchNorm(x, mean, variance, offset, scale),
      tf.batchNorm(x, mean, variance),
    ],
  ],
  ["rgbToGrayscale", [image], (x: T4) => tf.image.rgbToGrayscale(x)],
  [
    "basicLSTMCell",
    [float([2, 3]), float([2, 4]), float([2, 4]), float([7, 16]), float([16])],
    (x: T2, c: T2, h: T2, kernel: T2, bias: T1) => tf.basicLSTMCell(tf.scalar(1), kernel, bias, x, c, h),
  ],
  [
    "losses",
    [m, m],
    (a: T, b: T) => [
      tf.losses.meanSquaredError(a, b),
      tf.losses.huberLoss(a, b),
      tf.losses.sigmoidCrossEntropy(tf.greater(a, 0), b),
    ],
  ],
  ...[false, true].flatMap((alignCorners) =>
    [false, true]
      .filter((half) => !(half && alignCorners))
      .flatMap((half): Case[] => [
        [
          `resizeBilinear, ${alignCorners}, ${half}`,
          [image],
          (x: T4) => [
            tf.image.resizeBilinear(x, [8, 3], alignCorners, half),
            tf.image.resizeBilinear(x, [1, 9], alignCorners, half),
          ],
        ],
        [
          `resizeNearestNeighbor, ${alignCorners}, ${half}`,
          [image],
          (x: T4) => [
            tf.image.resizeNearestNeighbor(x, [8, 3], alignCorners, half),
            tf.image.resizeNearestNeighbor(x, [2, 9], alignCorners, half),
          ],
        ],
      ]),
  ),
];

/** Kernels that no public function of tfjs 4.22 emits. */
const notEmitted = ["BroadcastTo", "LogSoftmax", "LogicalXor"];

const typed = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };
const used = new Set<string>();
const random = randomFrom(7);

function draw({ shape, low, high, dtype }: Argument): Float64Array {
  const next = () =>
    dtype === "float32" ? Math.fround(low + (high - low) * random()) : Math.floor(low + (high - low + 1) * random());
  return Float64Array.from({ length: sizeOf(shape) }, next);
}

beforeAll(async () => {
  await tf.setBackend("cpu");
  const engine = tf.engine();
  const run = engine.runKernel.bind(engine);
  engine.runKernel = (name, ...rest) => {
    used.add(name);
    return run(name, ...rest);
  };
  // other files run in this process, too
  return () => {
    engine.runKernel = run;
  };
});

const families = { unary, binary, reductions, shapes, indexing, matrices, convolutions };
describe.each(Object.entries(families))("%s", (_, cases) => {
  test.each(cases)("%s", (_name, arguments_, body) => {
    const f = (...x: tf.Tensor[]): readonly tf.Tensor[] => {
      const result = (body as (...x: tf.Tensor[]) => tf.Tensor | readonly tf.Tensor[])(...x);
      return result instanceof tf.Tensor ? [result] : result;
    };
    const elements = arguments_.map(draw);
    const expected = f(
      ...arguments_.map(({ shape, dtype }, i) => tf.tensor(typed[dtype].from(elements[i]!), shape, dtype)),
    );
    const program = trace(arguments_, f);
    const received = evaluate(
      program,
      arguments_.map(({ shape, dtype }, i) => ({ shape, dtype, elements: elements[i]! })),
    );
    expect(received.length).toBe(expected.length);
    received.forEach(({ shape, dtype, elements: numbers }, i) => {
      const truth = expected[i]!;
      expect({ shape, dtype }).toEqual({ shape: truth.shape, dtype: truth.dtype });
      expect(program.outputs[i]).toMatchObject({ shape: truth.shape, dtype: truth.dtype });
      truth.dataSync().forEach((want, at) => {
        if (Number.isFinite(want)) expect(Math.abs(numbers[at]! - want)).toBeLessThan(2e-5 * (1 + Math.abs(want)));
        else expect(numbers[at]).toBe(want);
      });
    });
  });
});

test("einsum of three operands, which tfjs does not compute itself", () => {
  const arguments_ = [float([3, 4]), float([4, 2]), float([2])];
  const inputs = arguments_.map(({ shape, dtype }, i) => ({ shape, dtype, elements: draw(arguments_[i]!) }));
  const run = (f: (...x: tf.Tensor[]) => tf.Tensor) =>
    evaluate(
      trace(arguments_, (...x) => [f(...x)]),
      inputs,
    )[0]!;
  const received = run((a, b, c) => tf.einsum("ij,jk,k->i", a, b, c));
  const expected = run((a, b, c) => tf.dot(tf.dot(a, b), c));
  expect(received.shape).toEqual([3]);
  received.elements.forEach((x, i) => {
    expect(x).toBeCloseTo(expected.elements[i]!, 12);
  });
});

afterAll(() => {
  const untested = Object.keys(captures).filter((name) => !used.has(name) && !notEmitted.includes(name));
  expect(untested).toEqual([]);
});
