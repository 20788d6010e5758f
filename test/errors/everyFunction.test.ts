// Every public function with arguments that are plainly wrong: each either works or is refused in a user's words.
import { ElbowError } from "elbow";
import { describe, expect, it } from "vitest";
import { badAnswers, functions, objectionTo, outcomeOf, right, wrong } from "./everyFunction.js";

describe("every public function", () => {
  it("is found", () => expect(functions.length).toBeGreaterThan(300));

  it("refuses arguments of a wrong kind, or works", async () => {
    expect(await badAnswers(wrong)).toEqual({});
  });

  it("refuses a wrong second argument behind a right first one", async () => {
    expect(await badAnswers(Object.values(right).map((first) => [first, null]))).toEqual({});
  });
});

// negative controls: the test sees what it is to find
it.each([
  ["a bare TypeError", () => (undefined as unknown as { x: number }).x, /^TypeError/],
  ["a broken invariant", () => refuse("internal", "a hint"), /^internal/],
  ["no remedy", () => refuse("argument", undefined), /^no remedy/],
  ["another function's name", () => refuse("argument", "a hint"), /^not named/],
])("objects to %s", async (_, call, objection) => {
  expect(objectionTo("f", await outcomeOf(call))).toMatch(objection);
});

function refuse(code: string, hint: string | undefined): never {
  throw new ElbowError(code, { message: "something is wrong", hint, at: { source: "program.ts:1" } });
}
