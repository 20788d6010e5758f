import { expect, test } from "vitest";
import { docstringBlocks, instrument, layOut, markdownBlocks } from "../../scripts/docsBlocks.js";

const page = [
  "# Page",
  "```ts",
  "const a = 1;",
  "```",
  "```js",
  "```ts is not a block here",
  "```",
  "```ts no-run continue",
  "a;",
  "```",
].join("\n");

test("finds the ts blocks of a page, their lines and their flags", () => {
  const blocks = markdownBlocks("p.md", page);
  expect(blocks.map(({ line, code, isRun, isContinued }) => ({ line, code, isRun, isContinued }))).toEqual([
    { line: 3, code: ["const a = 1;"], isRun: true, isContinued: false },
    { line: 9, code: ["a;"], isRun: false, isContinued: true },
  ]);
});

test("every line of code keeps its line, also in a continued block", () => {
  const [first, second] = layOut(markdownBlocks("p.md", page));
  expect(first!.lines).toEqual(["", "", "const a = 1;"]);
  expect(second!.lines).toEqual(["", "", "const a = 1;", "", "", "", "", "", "a;"]);
});

test("finds the examples of docstrings, fenced or bare, up to the next tag", () => {
  const source = [
    "/**",
    " * Doubles.",
    " *",
    " * @example",
    " * double(2); // => 4",
    " * @throws never",
    " */",
    "/** @example is not read on one line */",
    "  /**",
    "   * @example",
    "   * ```ts",
    "   * double(3);",
    "   * ```",
    "   */",
  ].join("\n");
  expect(docstringBlocks("s.ts", source).map(({ line, code }) => ({ line, code }))).toEqual([
    { line: 5, code: ["double(2); // => 4"] },
    { line: 12, code: ["double(3);"] },
  ]);
});

test("an unclosed block is an error that says where", () => {
  expect(() => markdownBlocks("p.md", "text\n```ts\nlet a;")).toThrow("p.md:2");
});

test("instruments the statements that state what they show", () => {
  const { lines, expectations } = instrument("p.md", [
    "console.log(",
    "  1,",
    "); // => 1",
    "const x = f(2); // => 4",
    "x + 1; // => 5",
    "console.log(x);",
  ]);
  expect(lines).toEqual([
    "globalThis.__show(3)(",
    "  1,",
    "); // => 1",
    "const x = f(2); globalThis.__show(4)(x);",
    "globalThis.__show(5)(x + 1);",
    "console.log(x);",
  ]);
  expect(expectations).toEqual([
    { line: 3, text: "1" },
    { line: 4, text: "4" },
    { line: 5, text: "5" },
  ]);
});

test("refuses an expectation that it cannot check", () => {
  expect(() => instrument("p.md", ["return 1; // => 1"])).toThrow("p.md:1");
});
