// The workers of this process. One team at a time has them; they sleep while there is nothing to do and end when idle for long.
import { ElbowError } from "../../../errors.js";
import { outsideFunction } from "../kernels/indexing.js";
import { failures, words } from "./control.js";
import { type Helper, startHelper } from "./host.js";

/** A program in shared memory that workers can help with. */
export interface Team {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Address of the words between threads. */
  readonly control: number;
  /** The main one included. */
  readonly threads: number;
}

interface Member {
  readonly helper: Helper;
  isReady: boolean;
}

/** Workers that had nothing to do for so long are ended. */
const idleMilliseconds = 5_000;

const members: Member[] = [];
/** The team that the workers were sent to, and whether one of them ended there. */
let current: { readonly team: Team; isBroken: boolean } | undefined;
/** Where workers cannot be started, one thread does everything; from time to time it is tried again. */
let isDenied = false;
let lastUse = 0;
let idleTimer: ReturnType<typeof setTimeout> | undefined;

/**
 * Sends the workers to a team, and starts them if need be. Nothing is waited for: until they come, the main thread works alone.
 *
 * @throws ElbowError "engine-failed" if a worker of this team ended by itself or by somebody else's hand
 */
export function join(team: Team): void {
  if (current?.team === team && current.isBroken) {
    stopHelpers();
    throw new ElbowError("engine-failed", {
      message: "a worker thread of the wasm engine ended unexpectedly",
      hint: "Run it again: workers are started anew. With threads: 1 there are none.",
    });
  }
  lastUse = performance.now();
  idleTimer ??= waitForIdleness(idleMilliseconds);
  if (current?.team === team) return;
  if (current) leave(current.team);
  const wanted = team.threads - 1;
  while (members.length < wanted && !isDenied) startMember();
  word(team, "quit", 0);
  current = { team, isBroken: false };
  const message = {
    module: team.module,
    memory: team.memory,
    failed: team.control + words.failed,
    failures,
    outside: outsideFunction,
  };
  for (const { helper } of members.slice(0, wanted)) helper.post(message);
}

/** Calls the workers back from a team. */
export function leave(team: Team): void {
  if (current?.team !== team) return;
  current = undefined;
  word(team, "task", 0);
  word(team, "quit", 1);
  word(team, "generation", word(team, "generation") + 1);
  Atomics.notify(new Int32Array(team.memory.buffer), (team.control + words.generation) / 4);
}

/** What a trap in a worker was: one of `failures`, or 0. */
export const failureOf = (team: Team): number => word(team, "failed");

/** Ends all workers. The next team starts others. */
export function stopHelpers(): void {
  if (current) leave(current.team);
  for (const { helper } of members.splice(0)) helper.stop();
  isDenied = false;
  clearTimeout(idleTimer);
  idleTimer = undefined;
}

function startMember(): void {
  const member: Member = {
    isReady: false,
    helper: startHelper({
      onReady: () => {
        member.isReady = true;
      },
      onEnd: () => {
        const at = members.indexOf(member);
        if (at < 0) return; // ended by stopHelpers
        members.splice(at, 1);
        if (member.isReady && current) current.isBroken = true;
      },
      onFailure: () => {
        isDenied ||= !member.isReady;
      },
    }),
  };
  members.push(member);
}

function waitForIdleness(milliseconds: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(() => {
    const idle = performance.now() - lastUse;
    idleTimer = undefined;
    if (idle >= idleMilliseconds) stopHelpers();
    else idleTimer = waitForIdleness(idleMilliseconds - idle);
  }, milliseconds);
  // Node: does not keep the process alive
  (timer as { unref?: () => void }).unref?.();
  return timer;
}

/** Reads a word between the threads, or writes it and gives what it was. */
function word({ memory, control }: Team, name: keyof typeof words, value?: number): number {
  const integers = new Int32Array(memory.buffer);
  const at = (control + words[name]) / 4;
  return value === undefined ? Atomics.load(integers, at) : Atomics.exchange(integers, at, value);
}
