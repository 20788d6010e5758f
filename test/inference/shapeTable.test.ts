import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  call,
  elbo,
  exponential,
  formatShapeTable,
  gen,
  logNormal,
  normal,
  observe,
  plate,
  sample,
  scan,
  shapesOfObjective,
  shapeTable,
} from "elbow";
import { describe, expect, it } from "vitest";

const school = gen(function* (mu: Tensor, y: Tensor) {
  const theta = yield* sample("theta", normal(tf.mul(mu, tf.ones([2])), 1));
  yield* observe("y", normal(theta, 1), y);
});
const step = gen(function* (x: Tensor) {
  return { carry: yield* sample("x", normal(x, 1)) };
});
const inner = gen(function* (y: Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  yield* plate("schools", (row: Tensor) => school(mu, row), y);
});
const model = gen(function* (y: Tensor) {
  yield* sample("tau", exponential(1));
  yield* call("inner", inner(y));
  yield* scan("path", (x: Tensor, _t: Tensor) => step(x), tf.scalar(0), 4);
});
const data = tf.zeros([5, 2]);

describe("shapeTable", () => {
  it("has every address with the shapes of one row and the axes around it", () => {
    const rows = shapeTable(model(data));
    expect(
      rows.map(({ address, kind, site }) => [
        address,
        kind,
        site.batch,
        site.axes.map(({ name, size }) => name + size),
      ]),
    ).toEqual([
      ["tau", "latent", [], []],
      ["inner/mu", "latent", [], []],
      ["inner/schools/theta", "latent", [2], ["schools5"]],
      ["inner/schools/y", "observed", [2], ["schools5"]],
      ["path/x", "latent", [], ["path4"]],
    ]);
    expect(rows[0]!.site).toMatchObject({
      distribution: "exponential",
      support: "positive",
      dtype: "float32",
      event: [],
    });
    expect(rows[0]!.site.line).toMatch(/^test\/inference\/shapeTable\.test\.ts:\d+$/);
    expect(rows.every(({ guide, problem }) => guide === undefined && problem === undefined)).toBe(true);
  });

  it("says how a guide does not fit, and prints it in 100 columns", () => {
    const guide = gen(function* (q: { loc: Tensor }) {
      yield* sample("tau", normal(q.loc, 1));
      yield* sample("path", normal(q.loc, 1));
      const one = gen(function* () {
        yield* sample("mu", normal(tf.zeros([3]), 1));
      });
      yield* call("inner", one());
    });
    expect(`\n${formatShapeTable(shapeTable(model(data), guide({ loc: tf.scalar(0) })))}`).toBe(`
address                          distribution  batch  event  around it  support   dtype
tau                  latent      exponential   []     []                positive  float32
                     guide       normal        []     []                real      float32
inner/mu             latent      normal        []     []                real      float32
                     guide       normal        [3]    []                real      float32
inner/schools/theta  latent      normal        [2]    []     schools 5  real      float32
inner/schools/y      observed    normal        [2]    []     schools 5  real      float32
path/x               latent      normal        []     []     path 4     real      float32
path                 guide only  normal        []     []                real      float32
! tau: the guide's values are real, the model's positive
! inner/mu: the guide's shape is [3], the model's []
! inner/schools/theta: the guide does not sample it
! path/x: the guide does not sample it
! path: the model does not have this address`);
  });

  it("of an objective, what it simulates stands as the guide", () => {
    const simple = gen(function* (y: Tensor) {
      const mu = yield* sample("mu", logNormal(0, 1));
      yield* observe("y", normal(mu, 1), y);
    });
    const guide = gen(function* (q: { loc: Tensor }) {
      yield* sample("mu", logNormal(q.loc, 1));
    });
    const rows = shapesOfObjective(elbo(simple, guide), { loc: tf.scalar(0) }, tf.scalar(1));
    expect(rows.map(({ address, guide, problem }) => [address, guide?.distribution, problem])).toEqual([
      ["mu", "logNormal", undefined],
      ["y", undefined, undefined],
    ]);
  });
});
