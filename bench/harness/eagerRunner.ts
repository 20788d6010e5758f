import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { require as requireModule } from "tsx/cjs/api";
import { onBackend } from "../../src/runtime/tfjs/onBackend.js";
import { withLeaves } from "../../src/util/tree.js";
import { restartNoise } from "./eagerNoise.js";
import { ownTensor } from "./ownTensor.js";
import type { Runner } from "./runner.js";
import { leaves, type Variant } from "./workload.js";

let hasGradients = false;

/** tfjs-core comes without its gradients, in a file that Node can load through a transpiler only; registries are global. */
function registerGradients(): void {
  if (hasGradients) return;
  requireModule("@tensorflow/tfjs-core/dist/register_all_gradients.js", import.meta.url);
  hasGradients = true;
}

/** Steps as a user of tfjs writes them: tf.variableGrads of the loss, then tf.train.adam. */
export function eagerRunner(of: Variant, backend: string): Runner {
  const { data, learningRate, eager } = of;
  registerGradients();
  restartNoise();
  const around = onBackend(backend);
  const copy = (tensor: Tensor): Tensor => around(() => ownTensor(tensor));
  const own = data.map(copy);
  const variables = leaves(of).map(({ leaf }) => {
    const start = copy(leaf);
    return around(() => tf.variable(start)) as Variable;
  });
  const tree = withLeaves<Tensor, Tensor>(of.parameters, variables);
  const optimizer = around(() => tf.train.adam(learningRate));
  const total = around(() => tf.variable(tf.scalar(0), false));

  const step = (): void =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => eager(tree, ...own), variables);
      // the declared type is narrower than what it takes
      optimizer.applyGradients(grads as Parameters<typeof optimizer.applyGradients>[0]);
      total.assign(tf.add(total, value));
    });
  return {
    name: `eager tfjs:${backend}`,
    run: async (steps) =>
      around(() => {
        total.assign(tf.scalar(0));
        for (let i = 0; i < steps; i++) step();
        return total.dataSync()[0]! / steps;
      }),
    dispose: () => {
      tf.dispose([...own, ...variables, total]);
      optimizer.dispose();
    },
  };
}
