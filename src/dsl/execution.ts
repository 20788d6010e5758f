// The one interpreter of programs. Verbs differ only in which values are given, and which are kept from an earlier run.

import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import { checkParameters } from "../distributions/parameters.js";
import { withSource } from "../ir/builder.js";
import { namedKey } from "../ops/random.js";
import type { Source } from "../util/location.js";
import { driven, type Watch } from "./asked.js";
import { runBranch } from "./branch.js";
import type { Call } from "./call.js";
import { type Choices, isTensor, unknownAddress } from "./choices.js";
import { drawRows } from "./drawRows.js";
import type {
  Branched,
  DrawnRows,
  Factor,
  Looped,
  Nested,
  Observe,
  Plated,
  ProgramEffect,
  Replicated,
  Sample,
} from "./effects.js";
import { executeWhole } from "./executeWhole.js";
import { runLoop } from "./loop.js";
import type { CallRecord, Meaning, Outcome } from "./meaning.js";
import { checkObserved, checkWeight } from "./observed.js";
import { earlierBelow } from "./records.js";
import {
  checkAddress,
  evidenceInGuide,
  missingChoice,
  notADistribution,
  notAProgram,
  notAValue,
  notDrawable,
  repeatedAddress,
  unknownEffect,
} from "./refusals.js";
import { reusable } from "./reuse.js";
import { meaningOfPlate, runPlate } from "./runPlate.js";
import { runReplicated } from "./runReplicated.js";
import { drawHeld, drawValue, originOf, scoreValue } from "./site.js";
import { noteSite } from "./siteLog.js";
import { noteParameters } from "./validity.js";

/** Runs a program with a meaning. @throws ElbowError for repeated, unknown and missing addresses and for values that do not fit */
export function execute(call: Call, meaning: Meaning): Outcome {
  if (call?.execute) return executeWhole(call, meaning, execute);
  const execution = new Execution(meaning);
  const result = execution.run(call);
  execution.checkGiven(call.name);
  return { ...execution.outcome(), result };
}

/** The computation of a program. @throws ElbowError "not-a-program" for what is none */
function startOf(call: Call, source: Source | undefined): Watch<unknown, unknown> {
  if (typeof (call as Partial<Call> | undefined)?.start !== "function") throw notAProgram(call, source);
  const { name } = call;
  return driven(call.start(), name === "program" ? "this program" : `the program ${name}`, source);
}

export class Execution {
  private readonly choices: Record<string, Tensor | Choices> = {};
  private readonly logDensities: Record<string, Tensor | Choices> = {};
  private readonly logObserved: Record<string, Tensor | Choices> = {};
  private readonly branches: Record<string, Tensor | Choices> = {};
  private readonly calls = new Map<string, CallRecord>();
  private readonly places = new Map<string, Source>();
  private readonly drawn: Tensor[] = [];
  private readonly given: Tensor[] = [];
  private readonly kept: Tensor[] = [];
  private unnamed = 0;

  constructor(readonly meaning: Meaning) {}

  /** Drives a program to its end, answering its effects. */
  run(call: Call): unknown {
    const body = startOf(call, this.meaning.source);
    let step = body.next();
    while (!step.done) step = body.next(this.answer(step.value as ProgramEffect));
    return step.value;
  }

  outcome(): Omit<Outcome, "result"> {
    const { choices, logDensities, logObserved, branches } = this;
    for (const each of [choices, logDensities, logObserved, branches]) Object.freeze(each);
    return {
      choices,
      logDensities,
      logObserved,
      branches,
      calls: this.calls,
      logDrawn: total(this.drawn),
      logGiven: total(this.given),
      logKept: this.kept.length === 0 ? undefined : total(this.kept),
    };
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
        return this.apart(effect, runLoop);
      case "cond":
        return this.apart(effect, runBranch);
      case "plate":
        return this.plate(effect);
      case "replicate":
        return runReplicated(effect, this.ownKey(effect));
      case "rows":
        return drawRows(this.ownKey(effect), effect.total, effect.size, effect.replace);
      default:
        throw unknownEffect(effect);
    }
  }

  private sample({ address, distribution, source }: Sample<string, Tensor>): Tensor {
    this.claim(address, source);
    this.check(address, distribution, source, false);
    const given = this.meaning.given[address];
    if (given !== undefined && !isTensor(given)) throw notAValue(this.full(address), "choice", given, source);
    const earlier = given ? undefined : this.meaning.earlier?.choices[address];
    const kept = earlier && isTensor(earlier) ? earlier : undefined;
    const chosen = given || kept ? undefined : this.meaning.choose?.(this.full(address), distribution);
    const value = given ?? kept ?? chosen?.value ?? this.draw(address, distribution, source);
    const logDensity = chosen?.logDensity ?? this.score(address, distribution, value, source);
    const isGiven = this.meaning.countsAsGiven?.(this.full(address)) ?? (given ?? kept) !== undefined;
    (isGiven ? this.given : this.drawn).push(logDensity);
    if (kept) this.kept.push(this.meaning.earlier!.logDensities[address] as Tensor);
    this.choices[address] = value;
    this.logDensities[address] = logDensity;
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
  private check(name: string, distribution: Distribution<Tensor, never>, source: Source, isObserved: boolean): void {
    const address = this.full(name);
    if (!distribution?.family) throw notADistribution(address, distribution, source);
    noteSite(address, distribution, isObserved, source);
    checkParameters(distribution, address, source);
    noteParameters(address, distribution, source);
  }

  private draw(address: string, distribution: Sample<string, Tensor>["distribution"], source: Source): Tensor {
    const { key, given, isHeld } = this.meaning;
    if (!key) throw missingChoice(this.full(address), given, [...this.places.keys()], source);
    const ownKey = withSource(source, () => namedKey(key, address));
    return (isHeld ? drawHeld : drawValue)(this.full(address), distribution, ownKey, source);
  }

  private observe({ address, distribution, value, source }: Observe): Tensor {
    this.claim(address, source);
    this.check(address, distribution, source, true);
    const { drawsObservations, recordsObservations } = this.meaning;
    if (!drawsObservations) checkObserved(this.full(address), distribution, value, source);
    const taken = drawsObservations ? this.predicted(address, distribution, source) : value;
    const logDensity = withSource(source, () => scoreValue(this.full(address), distribution, taken, source));
    if (recordsObservations) this.choices[address] = recordsObservations === "values" ? value : logDensity;
    this.take(
      address,
      withSource(source, () => tf.sum(logDensity)),
      source,
    );
    return taken;
  }

  /** A value in the place of an observed one. */
  private predicted(address: string, distribution: Observe["distribution"], source: Source): Tensor {
    const given = this.meaning.given[address];
    if (given !== undefined && !isTensor(given)) throw notAValue(this.full(address), "choice", given, source);
    const value = given ?? this.draw(address, distribution, source);
    this.choices[address] = value;
    return value;
  }

  private factor({ address, logWeight, source }: Factor): void {
    this.claim(address, source);
    checkWeight(this.full(address), logWeight, source);
    this.take(
      address,
      withSource(source, () => tf.sum(logWeight)),
      source,
    );
  }

  /** Takes up the log density of an observation or a factor. */
  private take(address: string, logDensity: Tensor, source: Source): void {
    if (this.meaning.isGuide) throw evidenceInGuide(this.full(address), source);
    this.given.push(logDensity);
    this.logObserved[address] = logDensity;
  }

  private nested({ address, call, source }: Nested<string, unknown, unknown>): unknown {
    const meaning = this.below(address, source);
    const record = this.meaning.earlier?.calls.get(address);
    const outcome = (record && reusable(record, call, meaning)) ?? execute(call, meaning);
    this.calls.set(address, { call, outcome });
    return this.absorb(address, source, outcome);
  }

  /** A loop or a branch. */
  private apart<E extends Looped<string> | Branched<string>>(
    effect: E,
    run: (effect: E, meaning: Meaning, runProgram: typeof execute) => Outcome,
  ): unknown {
    const { address, source } = effect;
    const meaning = { ...this.below(address, source), score: undefined };
    return this.absorb(address, source, run(effect, meaning, execute));
  }

  private plate(effect: Plated): unknown {
    const { address, source } = effect;
    const meaning = {
      ...(address === undefined ? meaningOfPlate(effect, this.meaning, execute) : this.below(address, source)),
      score: undefined,
    };
    const outcome = runPlate(effect, meaning, execute, () => this.keyOfRows(effect));
    if (address !== undefined) return this.absorb(address, source, outcome);
    return this.join(outcome, source);
  }

  /** The key of a plate's rows: they are random also where choices are given. */
  private keyOfRows(effect: Plated): Tensor {
    const { key, auxiliary } = this.meaning;
    if (key || !auxiliary) return this.ownKey(effect);
    return namedKey(auxiliary, `plate#${this.unnamed++}`);
  }

  /** A program whose choices stand on this level. */
  private spliced(call: Call, source: Source): unknown {
    if (!call.execute) return this.run(call);
    const { key, auxiliary } = this.meaning;
    const own = `splice#${this.unnamed++}`;
    const meaning: Meaning = {
      ...this.meaning,
      key: key && namedKey(key, own),
      auxiliary: auxiliary && namedKey(auxiliary, own),
      score: undefined,
      ignoresUnknown: true,
    };
    const outcome = executeWhole(call, meaning, execute);
    return this.join({ ...outcome, logDensities: { [own]: outcome.logDensities } }, source);
  }

  /** Takes over what was done on this level. */
  private join(outcome: Outcome, source: Source): unknown {
    for (const [name, value] of Object.entries(outcome.choices)) {
      this.claim(name, source);
      this.choices[name] = value;
    }
    Object.assign(this.logDensities, outcome.logDensities);
    Object.assign(this.logObserved, outcome.logObserved);
    Object.assign(this.branches, outcome.branches);
    return this.addUp(outcome);
  }

  /** The key of the next effect of this kind that needs one and has no address. */
  private ownKey({ kind, source }: Replicated | DrawnRows | Plated): Tensor {
    const { key, path } = this.meaning;
    if (key) return namedKey(key, `${kind}#${this.unnamed++}`);
    throw notDrawable(kind, path, source);
  }

  /** The meaning of a program that is nested under an address. */
  private below(address: string, source: Source): Meaning {
    checkAddress(address, source);
    const { key, auxiliary, given, earlier, path } = this.meaning;
    const inner = given[address];
    if (inner !== undefined && (isTensor(inner) || typeof inner !== "object"))
      throw notAValue(this.full(address), "program", inner, source);
    return {
      ...this.meaning,
      key: key && namedKey(key, address),
      auxiliary: auxiliary && namedKey(auxiliary, address),
      given: inner ?? {},
      earlier: earlier && earlierBelow(earlier, address),
      path: [...path, address],
    };
  }

  /** Takes over what a nested program did. */
  private absorb(address: string, source: Source, outcome: Outcome): unknown {
    this.claim(address, source);
    const { choices, logDensities, logObserved, branches } = outcome;
    this.choices[address] = choices;
    this.logDensities[address] = logDensities;
    if (Object.keys(logObserved).length > 0) this.logObserved[address] = logObserved;
    if (Object.keys(branches).length > 0) this.branches[address] = branches;
    return this.addUp(outcome);
  }

  private addUp({ logDrawn, logGiven, logKept, result }: Outcome): unknown {
    this.drawn.push(logDrawn);
    this.given.push(logGiven);
    if (logKept) this.kept.push(logKept);
    return result;
  }

  private claim(address: string, source: Source): void {
    checkAddress(address, source);
    const first = this.places.get(address);
    if (first) throw repeatedAddress(this.full(address), first, source);
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
          program === "program" ? "the program" : `the program ${program}`,
          (originOf(this.meaning.given[address]!) ?? this.meaning.source)?.line,
          Object.keys(this.logObserved).map(this.full),
        );
  }

  private full = (address: string): string => [...this.meaning.path, address].join("/");
}

/** The sum of scalars. */
export const total = (terms: readonly Tensor[]): Tensor =>
  terms.length === 0 ? tf.scalar(0) : terms.reduce((sum, term) => tf.add(sum, term));
