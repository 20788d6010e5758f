import type { Machine } from "./machine.js";

/** One engine of Elbow on one workload. */
export interface Result {
  readonly workload: string;
  readonly variant: string;
  readonly engine: string;
  /** Median milliseconds per optimizer step. */
  readonly ms: number;
  readonly min: number;
  readonly max: number;
  /** ms divided by that of the others. */
  readonly against: Readonly<Record<string, number>>;
  /** Mean over the last tenth of the compared steps of fit. */
  readonly loss: number;
  /** Tracing, transforming, compiling and the first step. */
  readonly firstStepMs: number;
  /** Wall time of fit itself, per step, with tracing and reports: the compared steps, or as many as take longer. */
  readonly fitMs: number;
  readonly equations: number;
}

/** One other implementation. */
export interface PeerResult {
  readonly workload: string;
  readonly variant: string;
  readonly peer: string;
  readonly ms: number;
  readonly min: number;
  readonly max: number;
  readonly loss: number;
}

/** An implementation that was not measured. */
export interface Skipped {
  readonly workload: string;
  readonly variant: string;
  readonly name: string;
  readonly reason: string;
}

/** Whether all implementations of a workload do the same work. */
export interface Agreement {
  readonly workload: string;
  readonly variant: string;
  /** Steps after which the losses are compared. */
  readonly steps: number;
  readonly lowest: number;
  readonly highest: number;
  /** Largest difference that is noise. */
  readonly tolerance: number;
  readonly agrees: boolean;
}

/** One operation through one engine. */
export interface MicroResult {
  readonly name: string;
  readonly engine: string;
  readonly ms: number;
  readonly min: number;
  readonly max: number;
}

export interface Report {
  readonly machine: Machine;
  readonly results: readonly Result[];
  readonly peers: readonly PeerResult[];
  readonly skipped: readonly Skipped[];
  readonly agreement: readonly Agreement[];
  readonly micro: readonly MicroResult[];
}
