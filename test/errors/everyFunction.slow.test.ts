// As everyFunction.test.ts, with everything behind everything: a wrong argument is found also where the others are right.
import { expect, it } from "vitest";
import { badAnswers, right, wrong } from "./everyFunction.js";

const firsts = [...Object.values(right), "x", 1];
const rests = [...wrong, ...Object.values(right).flatMap((second) => [[second], [second, null], [second, {}]])];

it.each(firsts.map((first, i) => [Object.keys(right)[i] ?? String(first), first]))("behind %s", async (_, first) => {
  expect(await badAnswers(rests.map((rest) => [first, ...rest]))).toEqual({});
});
