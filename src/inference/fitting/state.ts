import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Optimizer } from "../optimizers/optimizer.js";
import { entryOf, type HistoryEntry, type Moments, mergeMoments, momentsOfSums, noMoments } from "./statistics.js";
import { sumCount } from "./stepProgram.js";

/** How many of the carried tensors are what. */
export interface Layout {
  readonly parameters: number;
  /** Per parameter. */
  readonly slots: readonly number[];
  readonly states: number;
}

/** All that a fit is at a step. How many engine calls led there leaves no trace in it. */
export interface FitState {
  /** Steps taken. */
  step: number;
  /** [parameters…, slots…, strategy states…, step, sums…], owned by the fit. */
  carried: Tensor[];
  /** The step at which the carried sums were last zero, and what was subtracted from the objective in them. */
  sumsFrom: number;
  shift: number;
  /** The unreported stretch of steps up to `sumsFrom`. */
  moments: Moments;
  readonly history: HistoryEntry[];
}

/** The state before the first step. */
export function initialState(
  parameters: readonly Tensor[],
  optimizer: Optimizer,
  states: readonly number[],
): { state: FitState; layout: Layout } {
  const slots = parameters.map((parameter) => tf.tidy(() => [...optimizer.init(parameter)]));
  const carried = [
    ...parameters.map((parameter) => tf.clone(parameter)),
    ...slots.flat(),
    ...states.map((state) => tf.scalar(state)),
    tf.scalar(0, "int32"),
    ...zeroSums(),
  ];
  return {
    state: { step: 0, carried, sumsFrom: 0, shift: 0, moments: noMoments, history: [] },
    layout: { parameters: parameters.length, slots: slots.map((each) => each.length), states: states.length },
  };
}

const zeroSums = (): Tensor[] => Array.from({ length: sumCount }, () => tf.scalar(0));

/** Longest stretch that is summed up in single precision. */
const longestSum = 65_536;

/** The first step after `step` at which the sums are taken off: fixed in advance, so that results do not depend on speed. */
export const nextSumBoundary = (step: number, reportEvery: number): number =>
  // the first objective alone becomes the shift that keeps the squares of the next ones small
  step === 0 ? 1 : Math.min(nextMultiple(step, reportEvery), nextMultiple(step, longestSum));

export const nextMultiple = (step: number, every: number): number => (Math.floor(step / every) + 1) * every;

/** The moments of the whole unreported stretch, from what the carried sums hold. */
export const currentMoments = ({ step, sumsFrom, shift, moments }: FitState, sums: readonly number[]): Moments =>
  mergeMoments(moments, momentsOfSums(step - sumsFrom, shift, sums));

/** Takes the sums off the carried tensors; at the end of a reporting stretch they become an entry of the history. */
export function closeSums(state: FitState, sums: readonly number[], isReport: boolean): void {
  const own = momentsOfSums(state.step - state.sumsFrom, state.shift, sums);
  const all = mergeMoments(state.moments, own);
  if (own.count > 0) state.shift = Math.fround(own.mean);
  state.sumsFrom = state.step;
  state.moments = isReport ? noMoments : all;
  if (isReport) state.history.push(entryOf(state.step, all));
  tf.dispose(state.carried.splice(-sumCount, sumCount, ...zeroSums()));
}
