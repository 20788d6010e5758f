// Calls every public function with given arguments, and says which answers are no errors in a user's words. The functions are found
// in the exports, so that one that is added is looked at, too.
import * as tf from "@tensorflow/tfjs-core";
import * as elbow from "elbow";

type Function = (...args: unknown[]) => unknown;

const { csiszar, ElbowError, elbo, gen, normal, observe, run, sample, simulate, trace } = elbow;

const isFunction = (value: unknown): value is Function =>
  typeof value === "function" && !/^class\b/.test(Function.prototype.toString.call(value));

export const functions = [...Object.entries<unknown>(elbow), ...Object.entries<unknown>(csiszar)].filter(
  (entry): entry is [string, Function] => isFunction(entry[1]),
);

const model = gen(function* (y: tf.Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  yield* observe("y", normal(mu, 1), y);
});
const guide = gen(function* (q: { loc: tf.Tensor }) {
  yield* sample("mu", normal(q.loc, 1));
});
const one = tf.scalar(1);
const ordinary = () => 1;

/** Nothing that any function could be meant to take. */
export const wrong: unknown[][] = [
  [],
  [null],
  [1],
  [{}],
  ["x"],
  [ordinary],
  [[]],
  [Number.NaN],
  [Promise.resolve(1)],
  [null, null],
  [{}, {}],
  ["x", "x"],
  [ordinary, ordinary],
  [0, {}],
  [1, 1, 1],
];

/** What some functions take. */
export const right: Readonly<Record<string, unknown>> = {
  distribution: normal(0, 1),
  objective: elbo(model, guide),
  program: model,
  call: model(one),
  recorded: trace([{ shape: [], dtype: "float32" }], (x) => [x.square()]),
  trace: run(0, simulate(model(one))),
  choices: { mu: one },
  tensor: one,
};

/** What came of a call: effects are run, promises awaited; `undefined` if it works. */
export async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    const result = call();
    const isEffect = typeof result === "object" && result !== null && "next" in result && Symbol.iterator in result;
    await (isEffect ? run(0, result as Parameters<typeof run>[1]) : result);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Errors about an argument itself name the function that it was given to; others are of what it is made of, and name that. */
const namesFunction = ["argument", "option", "not-an-objective", "key"];

/** What there is to object to in an error, or undefined. Where shapes do not fit, the one that is expected is the remedy. */
export function objectionTo(name: string, error: unknown): string | undefined {
  if (!(error instanceof ElbowError)) return `${error}`;
  const { code, summary, hint, at } = error;
  const said = `${code}: ${summary}`;
  if (code === "internal") return said;
  if (hint === undefined && code !== "shape") return `no remedy: ${said}`;
  if (at.source === undefined) return `no line: ${said}`;
  return namesFunction.includes(code) && !summary.includes(name) ? `not named: ${said}` : undefined;
}

/** Every call of a function that is answered badly, with the answer. */
export async function badAnswers(lists: readonly (readonly unknown[])[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, call] of functions)
    for (const args of lists) {
      const error = await outcomeOf(() => call(...args));
      const objection = error === undefined ? undefined : objectionTo(name, error);
      if (objection !== undefined) found[`${name}(${args.map(shown).join(", ")})`] = objection;
    }
  return found;
}

function shown(arg: unknown): string {
  const [known] = Object.entries(right).find(([, value]) => value === arg) ?? [];
  return known ?? (typeof arg === "function" ? "() => 1" : (JSON.stringify(arg) ?? String(arg)));
}
