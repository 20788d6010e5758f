// What the transforms need of a family: derivatives of draws, continuity on the support, independence along batch axes.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { delta } from "../../src/distributions/delta.js";
import type { Distribution } from "../../src/distributions/distribution.js";
import { iid } from "../../src/distributions/iid.js";
import { independent } from "../../src/distributions/independent.js";
import { multivariateNormal } from "../../src/distributions/multivariateNormal.js";
import { normal } from "../../src/distributions/normal.js";
import { poisson } from "../../src/distributions/poisson.js";
import { uniform } from "../../src/distributions/uniform.js";
import { drawValue } from "../../src/dsl/site.js";
import { toTensor } from "../../src/ir/lifted.js";
import type { NDArray } from "../../src/ir/primitive.js";
import { typeOf } from "../../src/ir/program.js";
import { trace } from "../../src/ir/tracing.js";
import { seedKey } from "../../src/ops/random.js";
import { findDependence, type SiteAxes } from "../../src/transforms/estimate/dependence.js";
import { findFlow } from "../../src/transforms/estimate/smoothness.js";
import { captureSource } from "../../src/util/location.js";
import { gradientInDoubles, inDoubles, tables, toArray } from "./arrays.js";
import { type Build, families } from "./families.js";

beforeAll(() => tf.setBackend("cpu"));

const keyType = { shape: [2], dtype: "int32" } as const;
const named = Object.entries(families);

/** Families whose draws have implicit derivatives: tested below against the derivative of an expectation. */
const implicit = [
  "Gamma",
  "Beta",
  "Chi2",
  "Dirichlet",
  "StudentT",
  "InverseGamma",
  "VonMises",
  "MixtureNormal",
  "MultivariateStudentT",
  "LKJCholesky, dim = 3",
  "Wishart(scale_matrix)",
  "Wishart(scale_tril)",
];

/** Parameters of a family's first case, in the order of the table. */
const parametersOf = (name: string): NDArray[] => Object.values(tables[name]![0]!.params).map(toArray);

/** Four draws from a fixed key, as a function of the parameters. */
const drawsOf =
  (build: Build) =>
  (...parameters: tf.Tensor[]): tf.Tensor => {
    const { family, parameters: converted, batch } = build(...parameters);
    return family.draw(converted, seedKey(3), [4, ...batch]);
  };

describe.each(named)("draws of %s", (name, build) => {
  it("are the same traced and eager", () => {
    const inputs = parametersOf(name);
    const eager = drawsOf(build)(...inputs.map(toTensor)).dataSync();
    const traced = inDoubles(drawsOf(build), inputs).elements;
    for (const [i, x] of traced.entries()) expect(Math.abs(eager[i]! - x)).toBeLessThan(1e-5 * (1 + Math.abs(x)));
  });
  // a rejection sampler moves otherwise than its draws at a fixed quantile do
  it.skipIf(implicit.includes(name))("carry the derivative in the parameters, or none", () => {
    const inputs = parametersOf(name);
    const { isPathwise } = build(...inputs.map(toTensor)).family;
    const total = (...parameters: tf.Tensor[]) => tf.sum(tf.square(drawsOf(build)(...parameters)));
    const { gradient } = gradientInDoubles(total, inputs);
    gradient.forEach((partials, i) => {
      partials.forEach((received, k) => {
        const at = (step: number) => {
          const elements = inputs[i]!.elements.map((each, j) => (j === k ? each + step : each));
          return inDoubles(total, inputs.with(i, { ...inputs[i]!, elements })).elements[0]!;
        };
        const difference = (at(1e-5) - at(-1e-5)) / 2e-5;
        expect(Math.abs(received - (isPathwise ? difference : 0))).toBeLessThan(1e-6 * (1 + Math.abs(difference)));
      });
    });
  });
});

/** The value of a random choice in a trace. */
const choose = (distribution: Distribution<tf.Tensor, never>, key: tf.Tensor): tf.Tensor =>
  drawValue("x", distribution, key, captureSource());

/** Whether a reparameterized draw from `guide` reaches the result through a discontinuity. */
function jumps(guide: () => Distribution<tf.Tensor, never>, result: (x: tf.Tensor) => tf.Tensor): boolean {
  const [flow] = findFlow(trace([keyType], (key) => [result(choose(guide(), key))]));
  expect(flow!.size).toBe(1);
  return [...flow!.values()].some((jump) => jump !== undefined);
}

describe("a reparameterized value may be scored", () => {
  it.each(named.filter(([name]) => families[name]!(...parametersOf(name).map(toTensor)).family.isPathwise))(
    "under %s, its own family",
    (name, build) => {
      const own = () => build(...parametersOf(name).map(toTensor));
      const score = (x: tf.Tensor) => own().family.logDensity(own().parameters, x);
      expect(jumps(own, score)).toBe(false);
      expect(jumps(own, (x) => score(tf.floor(x)))).toBe(true);
    },
  );
  it("under a point mass", () => {
    expect(
      jumps(
        () => delta(1),
        (x) => delta(x).family.logDensity([x], x),
      ),
    ).toBe(false);
  });
  it("but a random bound of a uniform density is a discontinuity", () => {
    const ofBound = (x: tf.Tensor) => uniform(0, x).family.logDensity([tf.scalar(0), x], tf.scalar(0.5));
    expect(jumps(() => normal(1, 1), ofBound)).toBe(true);
  });
  it("and so is a discrete density", () => {
    expect(
      jumps(
        () => normal(1, 1),
        (x) => poisson(2).family.logDensity([tf.scalar(2)], tf.floor(x)),
      ),
    ).toBe(true);
  });
});

/** The axis of a log density that is aligned with each batch axis of the value. */
function alignment(distribution: () => Distribution<tf.Tensor, never>): SiteAxes {
  const program = trace([keyType], (key) => {
    const { family, parameters } = distribution();
    return [family.logDensity(parameters, choose(distribution(), key))];
  });
  const [axes] = [...findDependence(program)(program.outputs[0]!).values()];
  return axes!;
}

describe("elements of a batch stay apart", () => {
  it.each(named)("in the log density of %s", (name, build) => {
    const repeated = parametersOf(name).map((each) => tf.stack([toTensor(each), toTensor(each), toTensor(each)]));
    expect(alignment(() => build(...repeated))).toEqual([0]);
    expect(alignment(() => iid(5, build(...repeated)))).toEqual([0, 1]);
    expect(alignment(() => iid(5, build(...parametersOf(name).map(toTensor))))).toEqual([0]);
  });
  it("in independent", () => {
    expect(alignment(() => independent(normal(tf.zeros([4, 3]), 1)))).toEqual([0]);
    expect(alignment(() => multivariateNormal(tf.zeros([2, 5, 3]), { scaleTril: tf.eye(3) }))).toEqual([0, 1]);
  });
  it("also where parameters have as many categories as the batch has elements", () => {
    const program = trace([keyType], (key) => {
      const rows = choose(normal(tf.zeros([3, 3]), 1), key);
      const { family, parameters, batch } = families["Categorical(logits)"]!(rows);
      expect(batch).toEqual([3]);
      return [family.logDensity(parameters, tf.tensor1d([0, 1, 2]))];
    });
    const [axes] = [...findDependence(program)(program.outputs[0]!).values()];
    expect(axes).toEqual([0, null]);
  });
});

it("types of the table's parameters are float32", () => {
  for (const [name] of named) for (const each of parametersOf(name)) expect(typeOf(each).dtype).toBe("float32");
});
