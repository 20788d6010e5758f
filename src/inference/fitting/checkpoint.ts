// Checkpoints: one JSON file with everything that a fit is at a step, tensors as base64 of their bytes.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import type { DType } from "../../ir/program.js";
import { importFromNode, isNode } from "../../util/host.js";
import { formatShape } from "../../util/shapes.js";
import type { FitState } from "./state.js";
import type { HistoryEntry, Moments } from "./statistics.js";

/** What must be the same for a run to be resumed. */
export interface Identity {
  /** Name and shape of every parameter. */
  readonly parameters: readonly string[];
  readonly optimizer: string;
  readonly direction: string;
  /** How the data come in. */
  readonly data: string;
  readonly seed: number;
}

interface StoredTensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly base64: string;
}

/** The contents of a checkpoint file. */
export interface Checkpoint {
  readonly format: "elbow-checkpoint";
  readonly version: 1;
  readonly identity: Identity;
  readonly reportEvery: number;
  readonly step: number;
  readonly carried: readonly StoredTensor[];
  readonly sumsFrom: number;
  readonly shift: number;
  readonly moments: Moments;
  readonly history: readonly HistoryEntry[];
}

const toBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

async function store(tensor: Tensor): Promise<StoredTensor> {
  const data = await tensor.data();
  return {
    shape: tensor.shape,
    dtype: tensor.dtype as DType,
    base64: toBase64(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  };
}

function restore({ shape, dtype, base64 }: StoredTensor): Tensor {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  const data =
    dtype === "float32" ? new Float32Array(bytes.buffer) : dtype === "int32" ? new Int32Array(bytes.buffer) : bytes;
  return tf.tensor(data, [...shape], dtype);
}

/** @throws ElbowError "no-file-system" where there are no files, as in a browser */
export async function fileSystem(): Promise<typeof import("node:fs/promises")> {
  if (isNode()) return importFromNode("node:fs/promises");
  throw new ElbowError("no-file-system", {
    message: "checkpoints are files, and there is no file system here",
    hint: "Leave out the options checkpoint and resume; keep the parameters that fit returns, and start the next fit from them.",
  });
}

/** Writes a checkpoint beside the file and then moves it there, so that the file is always a whole one. */
export async function writeCheckpoint(
  file: string,
  state: FitState,
  identity: Identity,
  reportEvery: number,
): Promise<void> {
  const { open, rename, unlink } = await fileSystem();
  const { step, carried, sumsFrom, shift, moments, history } = state;
  const checkpoint: Checkpoint = {
    format: "elbow-checkpoint",
    version: 1,
    identity,
    reportEvery,
    step,
    sumsFrom,
    shift,
    moments,
    history,
    carried: await Promise.all(carried.map(store)),
  };
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, "w");
    try {
      await handle.writeFile(JSON.stringify(checkpoint));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (cause) {
    await unlink(temporary).catch(() => undefined);
    throw new ElbowError("checkpoint-write", {
      message: `the checkpoint ${file} cannot be written\n  ${cause instanceof Error ? cause.message : cause}`,
      hint: "Check that the folder exists and can be written to.",
    });
  }
}

/** @throws ElbowError "checkpoint-read" for a file that is missing or holds no checkpoint */
export async function readCheckpoint(file: string): Promise<Checkpoint> {
  const { readFile } = await fileSystem();
  const unreadable = (why: string) =>
    new ElbowError("checkpoint-read", {
      message: `${file} cannot be resumed from: ${why}`,
      hint: "Give the file that fit wrote with the option checkpoint.",
    });
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw unreadable(cause.message);
  });
  let parsed: Partial<Checkpoint> | null;
  try {
    // JSON has no NaN: the standard error of a single step is stored as null
    parsed = JSON.parse(text, (name, value) => (name === "standardError" && value === null ? Number.NaN : value));
  } catch {
    throw unreadable("it is not JSON");
  }
  if (parsed?.format !== "elbow-checkpoint") throw unreadable("it is not a checkpoint of Elbow");
  if (parsed.version !== 1)
    throw unreadable(`it has version ${parsed.version} of the format, and this Elbow reads version 1`);
  return parsed as Checkpoint;
}

/** @throws ElbowError "checkpoint-mismatch" unless the run that is asked for is the one that the checkpoint is of */
export function checkIdentity(
  file: string,
  { identity: stored, carried }: Checkpoint,
  asked: Identity,
  fresh: FitState,
): void {
  const mismatch = (what: string, theirs: unknown, ours: unknown) =>
    new ElbowError("checkpoint-mismatch", {
      message: `the checkpoint ${file} is of another run: the ${what} differ\n  checkpoint: ${theirs}\n  this run:   ${ours}`,
      hint: "Resume with the objective, parameters, optimizer, data and seed that the run was begun with, or start anew without resume.",
    });
  const list = (names: readonly string[]) => names.join(", ");
  if (list(stored.parameters) !== list(asked.parameters))
    throw mismatch("parameters", list(stored.parameters), list(asked.parameters));
  for (const what of ["seed", "optimizer", "direction", "data"] as const)
    if (stored[what] !== asked[what]) throw mismatch(`${what}s`.replace("datas", "data"), stored[what], asked[what]);
  const describe = (tensors: readonly Pick<StoredTensor, "shape" | "dtype">[]) =>
    tensors.map(({ shape, dtype }) => `${dtype} ${formatShape(shape)}`).join(", ");
  const [theirs, ours] = [describe(carried), describe(fresh.carried as unknown as StoredTensor[])];
  if (theirs !== ours) throw mismatch("optimizer's or the strategies' states", theirs, ours);
}

/** The state that a checkpoint holds. */
export const restoreState = ({ step, carried, sumsFrom, shift, moments, history }: Checkpoint): FitState => ({
  step,
  carried: carried.map(restore),
  sumsFrom,
  shift,
  moments,
  history: [...history],
});
