// Mistakes and programs of a user, whose lines Elbow must name. The comments at the ends of lines are looked for.
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError, normal, trace } from "elbow";

const vector = [{ shape: [3], dtype: "float32" }] as const;

function placeOfError(misuse: () => unknown): string {
  try {
    misuse();
  } catch (error) {
    if (error instanceof ElbowError) return `${error.code} ${error.at.source}`;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** A name for every place, and where Elbow says that it is. */
export function places(): Record<string, string> {
  const program = trace(vector, (x) => {
    const y = tf.softplus(x); // a tfjs function
    return [y.add(2)]; // a chained method
  });
  const sources = [...new Set(program.equations.map(({ source }) => source?.line))];
  return {
    "a constructor": placeOfError(() => {
      normal(tf.zeros([2]), tf.ones([3])); // a constructor
    }),
    "a tensor's value": placeOfError(() =>
      trace(vector, (x) => {
        x.dataSync(); // a tensor's value
        return [x];
      }),
    ),
    "a random tensor": placeOfError(() =>
      trace(vector, (x) => {
        const noise = tf.randomNormal([3]); // a random tensor
        return [x.add(noise)];
      }),
    ),
    "a tfjs function": `line ${sources[0]}`,
    "a chained method": `line ${sources.at(-1)}`,
  };
}
