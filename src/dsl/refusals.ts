// What an execution refuses, in the words that a user meets.
import { ElbowError } from "../errors.js";
import { described } from "../util/described.js";
import type { Source } from "../util/location.js";
import { nearestTo } from "../util/nearest.js";
import { addressesOf, type Choices } from "./choices.js";
import { originOf } from "./site.js";

export const unknownEffect = (effect: unknown): ElbowError =>
  new ElbowError("unknown-effect", {
    message: `a program cannot ask for ${JSON.stringify((effect as { kind?: unknown })?.kind ?? effect)}`,
    hint: "Verbs (simulate, assess, generate) and costs belong into an objective or into run(seed, …).",
    at: { source: (effect as { source?: Source })?.source?.line },
  });

/** Something else stands where a program belongs. */
export const notAProgram = (
  received: unknown,
  source: Source | undefined,
  where?: string,
  address?: string,
): ElbowError =>
  new ElbowError("not-a-program", {
    message: `${where === undefined ? "a program applied to its arguments is needed here" : `${where} takes a program applied to its arguments`}\n  received: ${typeof received === "function" ? "a function" : described(received)}`,
    hint:
      typeof received === "function" ? "Apply it: model(data), not model." : "Make it with gen(function* (…) { … }).",
    at: { address, source: source?.line },
  });

/** A value was given for a program, or nested ones for a choice. */
export const notAValue = (
  address: string,
  stands: "choice" | "program",
  received: unknown,
  source: Source,
): ElbowError =>
  new ElbowError(
    "not-a-value",
    stands === "choice"
      ? {
          message: `address "${address}" is a single random choice, and needs a tensor\n  received: ${described(received)}`,
          hint: "Give one tensor: { address: tf.scalar(1) }.",
          at: { address, source: source.line },
        }
      : {
          message: `address "${address}" holds a program, and needs nested choices\n  received: ${described(received)}`,
          hint: "Give nested choices: { address: { inner: value } }.",
          at: { address, source: source.line },
        },
  );

export function missingChoice(address: string, given: Choices, used: readonly string[], source: Source): ElbowError {
  const known = addressesOf(given);
  const unused = known.filter((name) => !used.includes(name));
  const nearest = nearestTo(address.slice(address.lastIndexOf("/") + 1), unused);
  const isGuides = nearest !== undefined && originOf(given[nearest] ?? {}) !== undefined;
  return new ElbowError("missing-choice", {
    message: `no value is given for the address "${address}"\n  given: ${known.join(", ") || "nothing"}`,
    hint:
      nearest === undefined
        ? `A guide must sample every address of its model, and assess needs a value for every one. If "${address}" is data, the model observes it: observe("${address}", …, value).`
        : `A guide must sample every address of its model, and assess needs a value for every one. Is "${nearest}"${isGuides ? " of the guide" : ""} meant to be "${address}"?`,
    at: { address, source: source.line },
  });
}

/** Something that names no choice where an address belongs. */
export function checkAddress(address: unknown, source: Source): void {
  if (typeof address === "string" && address !== "" && !address.includes("/")) return;
  const isText = typeof address === "string";
  throw new ElbowError("address", {
    message: `an address is a text of at least one character without "/"\n  received: ${described(address)}`,
    hint: isText
      ? 'Names of nested programs come from call("outer", program(…)), whose choices are found at "outer/inner".'
      : 'The address comes first: sample("x", normal(0, 1)).',
    at: { source: source.line },
  });
}

export const notADistribution = (address: string, received: unknown, source: Source): ElbowError =>
  new ElbowError("not-a-distribution", {
    message: `a distribution is needed at "${address}"\n  received: ${described(received)}`,
    hint:
      typeof received === "function"
        ? "Give the distribution its parameters: normal(0, 1), not normal."
        : 'Write sample("x", normal(0, 1)), and observe("y", normal(0, 1), value).',
    at: { address, source: source.line },
  });

/** Data in a guide. */
export const evidenceInGuide = (address: string, source: Source): ElbowError =>
  new ElbowError("observe-in-guide", {
    message: `the guide observes "${address}", and a guide only samples: the log density would count as that of its choices`,
    hint: "Observe in the model alone; the guide may use the data as arguments.",
    at: { address, source: source.line },
  });

/** Something random that is no choice, where nothing may be drawn. */
export const notDrawable = (kind: string, path: readonly string[], source: Source): ElbowError =>
  new ElbowError("missing-choice", {
    message: `${kind === "replicate" ? "independent runs of a computation" : "a minibatch"} cannot be drawn where ${path.join("/") || "a program"} is assessed`,
    hint: "Draw it in the objective and pass it on, or in a program that is simulated.",
    at: { source: source.line },
  });

export const repeatedAddress = (address: string, first: Source, second: Source): ElbowError =>
  new ElbowError("repeated-address", {
    message: `the address "${address}" is used twice\n  first:  ${first.line}\n  second: ${second.line}`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shown to the user as it is
    hint: "Give every choice its own address, for example with a template literal (`x${i}`).",
    at: { address, source: second.line },
  });
