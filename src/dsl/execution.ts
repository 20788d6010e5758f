// The one interpreter of programs. Simulating, assessing and generating differ only in which values are given.

import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import { checkParameters, inProgram } from "../distributions/parameters.js";
import { ElbowError } from "../errors.js";
import { withSource } from "../ir/builder.js";
import { namedKey } from "../ops/random.js";
import type { Source } from "../util/location.js";
import { runBranch } from "./branch.js";
import type { Call } from "./call.js";
import { addressesOf, type Choices, isTensor, unknownAddress } from "./choices.js";
import { drawRows } from "./drawRows.js";
import type { DrawnRows, Factor, Nested, Observe, ProgramEffect, Replicated, Sample } from "./effects.js";
import { runLoop } from "./loop.js";
import type { Meaning, Outcome } from "./meaning.js";
import { runReplicated } from "./runReplicated.js";
import { drawValue, scoreValue } from "./site.js";
import { noteParameters } from "./validity.js";

/** Runs a program with a meaning. @throws ElbowError for repeated, unknown and missing addresses and for values that do not fit */
export function execute(call: Call, meaning: Meaning): Outcome {
  if (call.execute) return call.execute(meaning, execute);
  const execution = new Execution(meaning);
  const result = execution.run(call);
  execution.checkGiven(call.name);
  return { ...execution.outcome(), result };
}

export class Execution {
  private readonly choices: Record<string, Tensor | Choices> = {};
  private readonly places = new Map<string, Source>();
  private readonly drawn: Tensor[] = [];
  private readonly given: Tensor[] = [];
  private unnamed = 0;

  constructor(readonly meaning: Meaning) {}

  /** Drives a program to its end, answering its effects. */
  run(call: Call): unknown {
    const body = call.start();
    let step = inProgram(() => body.next());
    while (!step.done) {
      const answer = this.answer(step.value as ProgramEffect);
      step = inProgram(() => body.next(answer));
    }
    return step.value;
  }

  outcome(): Omit<Outcome, "result"> {
    return { choices: this.choices, logDrawn: total(this.drawn), logGiven: total(this.given) };
  }

  /** Gives one effect its meaning. */
  answer(effect: ProgramEffect): unknown {
    switch (effect.kind) {
      case "sample":
        return this.sample(effect);
      case "observe":
        return this.observe(effect);
      case "factor":
        return this.factor(effect);
      case "call":
        return this.nested(effect);
      case "splice":
        return this.spliced(effect.call, effect.source);
      case "scan":
        return this.absorb(
          effect.address,
          effect.source,
          runLoop(effect, { ...this.below(effect.address, effect.source), score: undefined }, execute),
        );
      case "cond":
        return this.absorb(
          effect.address,
          effect.source,
          runBranch(effect, { ...this.below(effect.address, effect.source), score: undefined }, execute),
        );
      case "replicate":
        return runReplicated(effect, this.ownKey(effect));
      case "rows":
        return drawRows(this.ownKey(effect), effect.total, effect.size, effect.replace);
      default:
        throw new ElbowError("unknown-effect", {
          message: `a program cannot ask for ${JSON.stringify((effect as { kind?: unknown })?.kind ?? effect)}`,
          hint: "Verbs (simulate, assess, generate) and costs belong into an objective or into run(seed, …).",
          at: { source: (effect as { source?: Source })?.source?.line },
        });
    }
  }

  private sample({ address, distribution, source }: Sample<string, Tensor>): Tensor {
    this.claim(address, source);
    this.check(address, distribution, source);
    const given = this.meaning.given[address];
    if (given !== undefined && !isTensor(given))
      throw new ElbowError("not-a-value", {
        message: `address "${this.full(address)}" is a single random choice, and nested choices were given for it`,
        hint: "Give one tensor: { address: value }.",
        at: { address: this.full(address), source: source.line },
      });
    const chosen = given ? undefined : this.meaning.choose?.(this.full(address), distribution);
    const value = given ?? chosen?.value ?? this.draw(address, distribution, source);
    const logDensity = chosen?.logDensity ?? this.score(address, distribution, value, source);
    const isGiven = this.meaning.countsAsGiven?.(this.full(address)) ?? given !== undefined;
    (isGiven ? this.given : this.drawn).push(logDensity);
    this.choices[address] = value;
    return value;
  }

  private score(
    name: string,
    distribution: Sample<string, Tensor>["distribution"],
    value: Tensor,
    source: Source,
  ): Tensor {
    const address = this.full(name);
    const logDensity = () => withSource(source, () => tf.sum(scoreValue(address, distribution, value, source)));
    return this.meaning.score?.({ address, distribution, value, source, logDensity }) ?? logDensity();
  }

  /** Checks parameters: those that are known now, the others when the program runs, if that is asked for. */
  private check(name: string, distribution: Distribution<Tensor, never>, source: Source): void {
    const address = this.full(name);
    checkParameters(distribution, address, source);
    noteParameters(address, distribution, source);
  }

  private draw(address: string, distribution: Sample<string, Tensor>["distribution"], source: Source): Tensor {
    const { key, given } = this.meaning;
    if (!key)
      throw new ElbowError("missing-choice", {
        message: `no value is given for the address "${this.full(address)}"\n  given: ${addressesOf(given).join(", ") || "nothing"}`,
        hint: "A guide must sample every address of its model, and assess needs a value for every one.",
        at: { address: this.full(address), source: source.line },
      });
    const ownKey = withSource(source, () => namedKey(key, address));
    return drawValue(this.full(address), distribution, ownKey, source);
  }

  private observe({ address, distribution, value, source }: Observe): Tensor {
    this.claim(address, source);
    this.check(address, distribution, source);
    this.given.push(withSource(source, () => tf.sum(scoreValue(this.full(address), distribution, value, source))));
    return value;
  }

  private factor({ address, logWeight, source }: Factor): void {
    this.claim(address, source);
    this.given.push(withSource(source, () => tf.sum(logWeight)));
  }

  private nested({ address, call, source }: Nested<string, unknown, unknown>): unknown {
    return this.absorb(address, source, execute(call, this.below(address, source)));
  }

  /** A program whose choices stand on this level. */
  private spliced(call: Call, source: Source): unknown {
    if (!call.execute) return this.run(call);
    const { key, auxiliary } = this.meaning;
    const own = `splice#${this.unnamed++}`;
    const { choices, logDrawn, logGiven, result } = call.execute(
      {
        ...this.meaning,
        key: key && namedKey(key, own),
        auxiliary: auxiliary && namedKey(auxiliary, own),
        score: undefined,
        ignoresUnknown: true,
      },
      execute,
    );
    for (const [address, value] of Object.entries(choices)) {
      this.claim(address, source);
      this.choices[address] = value;
    }
    this.drawn.push(logDrawn);
    this.given.push(logGiven);
    return result;
  }

  /** The key of the next effect of this kind that needs one and has no address. */
  private ownKey({ kind, source }: Replicated | DrawnRows): Tensor {
    const { key, path } = this.meaning;
    if (key) return namedKey(key, `${kind}#${this.unnamed++}`);
    throw new ElbowError("missing-choice", {
      message: `${kind === "rows" ? "a minibatch" : "independent runs of a computation"} cannot be drawn where ${path.join("/") || "a program"} is assessed`,
      hint: "Draw it in the objective and pass it on, or in a program that is simulated.",
      at: { source: source.line },
    });
  }

  /** The meaning of a program that is nested under an address. */
  private below(address: string, source: Source): Meaning {
    const { key, auxiliary, given, path } = this.meaning;
    const inner = given[address];
    if (isTensor(inner))
      throw new ElbowError("not-a-value", {
        message: `address "${this.full(address)}" holds a program, and a single value was given for it`,
        hint: "Give nested choices: { address: { inner: value } }.",
        at: { address: this.full(address), source: source.line },
      });
    return {
      ...this.meaning,
      key: key && namedKey(key, address),
      auxiliary: auxiliary && namedKey(auxiliary, address),
      given: inner ?? {},
      path: [...path, address],
    };
  }

  /** Takes over what a nested program did. */
  private absorb(address: string, source: Source, { choices, logDrawn, logGiven, result }: Outcome): unknown {
    this.claim(address, source);
    this.choices[address] = choices;
    this.drawn.push(logDrawn);
    this.given.push(logGiven);
    return result;
  }

  private claim(address: string, source: Source): void {
    const first = this.places.get(address);
    if (first)
      throw new ElbowError("repeated-address", {
        message: `the address "${this.full(address)}" is used twice\n  first:  ${first.line}\n  second: ${source.line}`,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: shown to the user as it is
        hint: "Give every choice its own address, for example with a template literal (`x${i}`).",
        at: { address: this.full(address), source: source.line },
      });
    this.places.set(address, source);
  }

  /** Refuses values for addresses that the program does not have. */
  checkGiven(program: string): void {
    if (this.meaning.ignoresUnknown) return;
    for (const address of Object.keys(this.meaning.given))
      if (!(address in this.choices))
        throw unknownAddress(
          this.full(address),
          Object.keys(this.choices).map(this.full),
          `the program ${program}`,
          this.meaning.source?.line,
        );
  }

  private full = (address: string): string => [...this.meaning.path, address].join("/");
}

/** The sum of scalars. */
export const total = (terms: readonly Tensor[]): Tensor =>
  terms.length === 0 ? tf.scalar(0) : terms.reduce((sum, term) => tf.add(sum, term));
