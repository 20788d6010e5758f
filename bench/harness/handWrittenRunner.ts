import { randomSource } from "./random.js";
import type { Runner } from "./runner.js";
import { leaves, type Variant } from "./workload.js";

const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];

/** The leaves of the parameters, one after the other. */
export const flatten = (of: Pick<Variant, "parameters">): Float64Array =>
  Float64Array.from(leaves(of).flatMap(({ leaf }) => [...leaf.dataSync()]));

/** Steps in plain JavaScript: noise, the hand-derived gradient, and Adam in one loop over all parameters. */
export function handWrittenRunner(of: Variant): Runner {
  const { learningRate, handWritten } = of;
  const { noise: count, uniforms: uniformCount = 0, gradient: evaluate } = handWritten();
  const source = randomSource(1);
  const parameters = flatten(of);
  const gradient = new Float64Array(parameters.length);
  const mean = new Float64Array(parameters.length);
  const square = new Float64Array(parameters.length);
  const noise = new Float64Array(count);
  const uniforms = new Float64Array(uniformCount);
  let power1 = 1;
  let power2 = 1;

  const step = (): number => {
    source.fillNormals(noise);
    source.fillUniforms(uniforms);
    const loss = evaluate(parameters, noise, gradient, uniforms);
    power1 *= beta1;
    power2 *= beta2;
    const rootCorrection = Math.sqrt(1 - power2);
    const rate = (learningRate * rootCorrection) / (1 - power1);
    const floor = epsilon * rootCorrection;
    for (let i = 0; i < parameters.length; i++) {
      const slope = gradient[i]!;
      const m = beta1 * mean[i]! + (1 - beta1) * slope;
      const v = beta2 * square[i]! + (1 - beta2) * slope * slope;
      mean[i] = m;
      square[i] = v;
      parameters[i]! -= (rate * m) / (Math.sqrt(v) + floor);
    }
    return loss;
  };
  return {
    name: "hand-written",
    run: async (steps) => {
      let total = 0;
      for (let i = 0; i < steps; i++) total += step();
      return total / steps;
    },
    dispose: () => undefined,
  };
}
