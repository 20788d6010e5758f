import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { type Choices, filter, merge, select, set, without } from "elbow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressesOf, at, isTensor } from "../../src/dsl/choices.js";

const [one, two, three] = [tf.scalar(1), tf.scalar(2), tf.scalar(3)];
const choices: Choices = { a: one, inner: { b: two, deeper: { c: three } } };

/** Nested choices with short names; values tell each other apart. */
const tree = (depth: number): fc.Arbitrary<Choices> =>
  fc.dictionary(
    fc.constantFrom("a", "b", "c", "d"),
    depth === 0
      ? fc.integer().map((x) => tf.scalar(x))
      : fc.oneof(
          fc.integer().map((x): Tensor | Choices => tf.scalar(x)),
          tree(depth - 1),
        ),
    { noNullPrototype: true },
  );
const anyChoices = tree(2).filter((each) => addressesOf(each).length > 0);

/** Address → tensor, without structure. */
const flat = (of: Choices) => new Map(addressesOf(of).map((address) => [address, at(of, address)]));

describe("choices", () => {
  it("select keeps addresses, by text or by path, with their structure", () => {
    expect(select(choices, "a", "inner/deeper/c")).toEqual({ a: one, inner: { deeper: { c: three } } });
    expect(select(choices, ["inner", "b"])).toEqual({ inner: { b: two } });
    expect(select(choices, "inner")).toEqual({ inner: choices.inner });
    expect(select(choices)).toEqual({});
  });

  it("without takes addresses or whole branches away, and leaves the original alone", () => {
    expect(without(choices, "inner/b", "a")).toEqual({ inner: { deeper: { c: three } } });
    expect(without(choices, ["inner"])).toEqual({ a: one });
    expect(addressesOf(choices)).toEqual(["a", "inner/b", "inner/deeper/c"]);
  });

  it("filter sees the joined address and the value", () => {
    expect(filter(choices, (address) => address.startsWith("inner/"))).toEqual({ inner: choices.inner });
    expect(filter(choices, (_, value) => value.dataSync()[0] === 2)).toEqual({ inner: { b: two } });
  });

  it("set puts a value in place or adds it, without touching the original", () => {
    expect(set(choices, "inner/b", one)).toEqual({ a: one, inner: { b: one, deeper: { c: three } } });
    expect(set(choices, ["new", "x"], two)).toEqual({ ...choices, new: { x: two } });
    expect(at(choices, "inner/b")).toBe(two);
    expect(at(choices, "new")).toBeUndefined();
  });

  it("merge joins structures, also below a common name, and refuses a common address", () => {
    const merged = merge({ inner: { b: two } }, { a: one, inner: { deeper: { c: three } } });
    expect(flat(merged)).toEqual(flat(choices));
    expect(() => merge(choices, { inner: { b: one } })).toThrow(expect.objectContaining({ code: "repeated-address" }));
  });

  it("tensors stay the same objects", () => {
    for (const each of [
      select(choices, "a"),
      without(choices, "inner"),
      filter(choices, () => true),
      set({}, "a", one),
    ])
      expect(at(each, "a")).toBe(one);
  });

  it.each([
    ["select", () => select(choices, "inner/bb")],
    ["without", () => without(choices, "inner/bb")],
  ])("%s of an unknown address names the nearest one", (_, f) => {
    expect(f).toThrow(
      expect.objectContaining({
        code: "unknown-address",
        summary: [
          'address "inner/bb" is not sampled by the choices',
          "  given: inner/bb",
          "  has:   a, inner/b, inner/deeper/c",
        ].join("\n"),
        hint: 'Did you mean "inner/b"?',
      }),
    );
  });

  it("laws", () => {
    fc.assert(
      fc.property(anyChoices, fc.func(fc.boolean()), (all, keeps) => {
        const kept = filter(all, (address) => keeps(address));
        const dropped = filter(all, (address) => !keeps(address));
        // a filter and its complement are the whole; select and without agree with them
        expect(flat(merge(kept, dropped))).toEqual(flat(all));
        expect(flat(select(all, ...addressesOf(kept)))).toEqual(flat(kept));
        expect(flat(without(all, ...addressesOf(dropped)))).toEqual(flat(kept));
        const [address] = addressesOf(all);
        expect(at(set(all, address!, one), address!)).toBe(one);
        expect(isTensor(at(all, address!))).toBe(true);
      }),
    );
  });
});
