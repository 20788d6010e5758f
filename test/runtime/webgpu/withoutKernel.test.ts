// What the engine webgpu leaves to the host, as its page says: planned on Dawn's null device, which computes nothing and needs no driver.
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import {
  beta,
  binomial,
  cdf,
  dirichlet,
  elbo,
  entropy,
  enumerate,
  gamma,
  gen,
  negativeBinomial,
  normal,
  type Objective,
  observe,
  poisson,
  quantile,
  sample,
  studentT,
  truncatedNormal,
  vonMises,
} from "elbow";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { elbowRunner } from "../../../bench/harness/elbowRunner.js";
import { ElbowError } from "../../../src/errors.js";
import { build, emit } from "../../../src/ir/builder.js";
import { innerPrograms } from "../../../src/ir/control.js";
import type { Program } from "../../../src/ir/program.js";
import { trace } from "../../../src/ir/tracing.js";
import { engineByName } from "../../../src/runtime/engines.js";
import { isInstalled } from "../../../src/runtime/packages.js";
import { formOf } from "../../../src/runtime/webgpu/plan/forms.js";
import { openWebgpu, type WebgpuEngine } from "../../../src/runtime/webgpu/webgpuEngine.js";
import { valueAndGrad } from "../../../src/transforms/grad.js";
import { jvpInto } from "../../../src/transforms/jvp.js";
import { cases } from "../../ir/conformance/cases/all.js";

const hasDawn = await isInstalled("webgpu");

/** The names in the list of docs/webgpu.md. */
function documented(): string[] {
  const page = readFileSync(new URL("../../../docs/webgpu.md", import.meta.url), "utf8");
  const section = page.split("## What is evaluated on the host")[1]!.split("\n## ")[0]!;
  const items = section.split("\n").filter((line) => line.startsWith("- `"));
  return items.flatMap((line) => [...line.split(":")[0]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
}

/** The primitives of a program, and of those within, that have no kernel. */
const withoutKernel = (program: Program): string[] =>
  program.equations.flatMap((equation) => {
    const inner = innerPrograms(equation);
    if (inner.length > 0) return inner.flatMap(withoutKernel);
    return formOf(equation) === "host" ? [equation.primitive.name] : [];
  });

/** The program (x, dx) → df of one with real inputs and outputs, as far as it depends on them and has one. */
const derivative = (program: Program): Program | undefined => {
  try {
    return jvpOf(program);
  } catch (error) {
    if (error instanceof ElbowError && error.code === "derivative-order") return undefined;
    throw error;
  }
};

const jvpOf = (program: Program): Program | undefined => {
  const reals = program.inputs.filter(({ dtype }) => dtype === "float32");
  const result = build([...program.inputs, ...reals], (...all) => {
    const primals = all.splice(0, program.inputs.length);
    const tangents = primals.map(({ dtype }) => (dtype === "float32" ? all.shift() : undefined));
    return jvpInto(program, primals, tangents).tangents.flatMap((each) => each ?? []);
  });
  return result.outputs.length > 0 ? result : undefined;
};

describe.skipIf(!hasDawn)("evaluated on the host by webgpu", () => {
  let gpu: WebgpuEngine;
  beforeAll(async () => {
    gpu = await openWebgpu({ dawn: ["backend=null"], mostOperations: 2500 });
  });
  afterAll(() => gpu.close());
  const hostEvaluated = (program: Program): readonly string[] => {
    const executable = gpu.compile(program);
    const names = executable.details!().hostEvaluated;
    executable.dispose();
    return names;
  };

  test("primitives, and those of their first and second derivatives, are those of the page", () => {
    const found = new Set<string>();
    for (const { primitive, signature } of cases)
      for (const { types, attributes } of fc.sample(signature, { numRuns: 2, seed: 5 })) {
        let program: Program | undefined = build(types, (...x) => emit(primitive, x, attributes));
        for (let order = 0; program && order <= 2; order++) {
          for (const name of withoutKernel(program)) found.add(name);
          program = derivative(program);
        }
      }
    expect([...found].sort()).toEqual(documented().sort());
  });

  const n = [5];
  const models = {
    "implicit reparameterization": () => {
      const model = gen(function* () {
        const a = yield* sample("a", gamma(2, 1));
        const b = yield* sample("b", beta(2, 3));
        const d = yield* sample("d", dirichlet([1, 2, 3]));
        const t = yield* sample("t", studentT(4, 0, 1));
        const angle = yield* sample("angle", vonMises(0, 2));
        const cut = yield* sample("cut", truncatedNormal(0, 1, { low: -1, high: 2 }));
        const mean = tf.add(tf.mul(a, b), tf.add(t, tf.add(tf.sum(tf.square(d)), tf.add(tf.cos(angle), cut))));
        yield* observe("y", normal(mean, 1), tf.scalar(2));
      });
      const guide = gen(function* ({ u }: { u: tf.Tensor }) {
        const at = (i: number) => tf.exp(tf.reshape(tf.slice(u, [i], [1]), []));
        yield* sample("a", gamma(at(0), 1));
        yield* sample("b", beta(at(1), at(2)));
        yield* sample("d", dirichlet(tf.exp(tf.slice(u, [0], [3]))));
        yield* sample("t", studentT(at(3), 0, 1));
        yield* sample("angle", vonMises(0, at(4)));
        yield* sample("cut", truncatedNormal(0, at(0), { low: -1, high: 2 }));
      });
      return elbo(model, guide);
    },
    "counts that are drawn and summed out": () => {
      const model = gen(function* () {
        const k = yield* sample("k", poisson(3));
        const m = yield* sample("m", binomial(4, { probs: 0.5 }));
        const r = yield* sample("r", negativeBinomial(2, { probs: 0.3 }));
        yield* observe("y", normal(tf.add(k, tf.add(m, r)), 1), tf.scalar(2));
      });
      const guide = gen(function* ({ u }: { u: tf.Tensor }) {
        const at = (i: number) => tf.reshape(tf.slice(u, [i], [1]), []);
        yield* sample("k", poisson(tf.exp(at(0))));
        yield* sample("m", enumerate(binomial(4, { probs: tf.sigmoid(at(1)) })));
        yield* sample("r", negativeBinomial(tf.exp(at(2)), { probs: tf.sigmoid(at(3)) }));
      });
      return elbo(model, guide);
    },
  };
  test.each(Object.keys(models))("nothing of a step: %s", async (title) => {
    const objective = models[title as keyof typeof models] as unknown as () => Objective<object, readonly tf.Tensor[]>;
    const runner = await elbowRunner(
      { parameters: { u: tf.zeros(n) }, data: [], draws: 2, learningRate: 0.01, scale: 1, objective },
      await engineByName("wasm"),
    );
    const names = hostEvaluated(runner.program);
    runner.dispose();
    expect(names).toEqual([]);
  });

  const functions: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    "gamma's quantile": (x) => quantile(gamma(x, 1), 0.3),
    "beta's distribution function": (x) => cdf(beta(x, 2), 0.3),
    "Student's quantile": (x) => quantile(studentT(x, 0, 1), 0.3),
    "Poisson's entropy": (x) => entropy(poisson(x)),
    "a binomial entropy": (x) => entropy(binomial(4, { probs: tf.sigmoid(x) })),
    "a negative binomial entropy": (x) => entropy(negativeBinomial(x, { probs: 0.3 })),
    "a Poisson quantile": (x) => tf.mul(x, quantile(poisson(x), 0.3)),
    "a binomial quantile": (x) => tf.mul(x, quantile(binomial(4, { probs: tf.sigmoid(x) }), 0.3)),
    "a truncated normal's entropy": (x) => entropy(truncatedNormal(0, x, { low: -1, high: 2 })),
  };
  test.each(Object.keys(functions))("nothing of the gradient of %s", (title) => {
    const program = trace([{ shape: [], dtype: "float32" }], (x) => [functions[title]!(x as tf.Tensor)]);
    expect(hostEvaluated(valueAndGrad(program))).toEqual([]);
  });
});
