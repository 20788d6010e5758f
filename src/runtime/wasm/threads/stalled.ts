import { ElbowError } from "../../../errors.js";

/** How long no block may be finished while the main thread waits for one: blocks take milliseconds. */
const mostMilliseconds = 5_000;
/** Between two questions there is about a millisecond; more was spent asleep, as a suspended machine, and does not count. */
const mostBetween = 500;

/**
 * Watches over the main thread's waiting. What it makes is called again and again with the number of the question and of the
 * blocks done so far, and throws when nothing happens any more: events of workers only arrive when the main thread does not wait.
 */
export function stallWatch(limit = mostMilliseconds): (question: number, done: number) => void {
  let [waited, seen, last] = [0, 0, 0];
  return (question, done) => {
    const now = performance.now();
    waited = question === 0 || done !== seen ? 0 : waited + Math.min(now - last, mostBetween);
    [seen, last] = [done, now];
    if (waited > limit)
      throw new ElbowError("engine-failed", {
        message: "a worker thread of the wasm engine stopped in the middle of its work",
        hint: "Run it again: workers are started anew. With threads: 1 there are none.",
      });
  };
}
