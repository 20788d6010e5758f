// What an execution refuses, in the words that a user meets.
import { ElbowError } from "../errors.js";
import type { Source } from "../util/location.js";
import { addressesOf, type Choices } from "./choices.js";

export const unknownEffect = (effect: unknown): ElbowError =>
  new ElbowError("unknown-effect", {
    message: `a program cannot ask for ${JSON.stringify((effect as { kind?: unknown })?.kind ?? effect)}`,
    hint: "Verbs (simulate, assess, generate) and costs belong into an objective or into run(seed, …).",
    at: { source: (effect as { source?: Source })?.source?.line },
  });

/** A value was given for a program, or nested ones for a choice. */
export const notAValue = (address: string, stands: "choice" | "program", source: Source): ElbowError =>
  new ElbowError(
    "not-a-value",
    stands === "choice"
      ? {
          message: `address "${address}" is a single random choice, and nested choices were given for it`,
          hint: "Give one tensor: { address: value }.",
          at: { address, source: source.line },
        }
      : {
          message: `address "${address}" holds a program, and a single value was given for it`,
          hint: "Give nested choices: { address: { inner: value } }.",
          at: { address, source: source.line },
        },
  );

export const missingChoice = (address: string, given: Choices, source: Source): ElbowError =>
  new ElbowError("missing-choice", {
    message: `no value is given for the address "${address}"\n  given: ${addressesOf(given).join(", ") || "nothing"}`,
    hint: "A guide must sample every address of its model, and assess needs a value for every one.",
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
