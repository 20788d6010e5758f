// Tables from files: the same columns from every format, and where a value is refused.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as arrow from "apache-arrow";
import * as fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import papa from "papaparse";
import { afterAll, describe, expect, expectTypeOf, test } from "vitest";
import { readArrow, readCsv, readJson, readParquet, readTable } from "../../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "elbow-tables-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const plain = (table: Readonly<Record<string, Tensor>>) =>
  Object.fromEntries(Object.entries(table).map(([name, tensor]) => [name, tensor.arraySync()]));

const x = [1.5, -2, 3e5];
const n = [1, 2, 3];
const isIt = [true, false, true];
const group = ["b", "a", "b"];
const columns = { x: "float32", n: "int32", isIt: "bool", group: ["a", "b"] } as const;
const expected = { x, n, isIt: [1, 0, 1], group: [1, 0, 1] };

const formats: Record<string, () => string> = {
  csv: () => file("t.csv", "x,n,isIt,group\n1.5,1,true,b\n-2,2,FALSE,a\n3e5,3,1,b\n"),
  "tsv with a byte order mark, quotes and other line ends": () =>
    file("t.tsv", '\uFEFFx\tn\t"isIt"\tgroup\r\n1.5\t1\ttrue\tb\r\n-2\t2\tfalse\t"a"\r\n3e5\t3\ttrue\tb'),
  "json rows": () =>
    file("rows.json", JSON.stringify(x.map((_, i) => ({ x: x[i], n: n[i], isIt: isIt[i], group: group[i] })))),
  "json columns": () => file("columns.json", JSON.stringify({ x, n, isIt, group })),
  parquet: () =>
    file(
      "t.parquet",
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: "x", data: x, type: "DOUBLE" },
            { name: "n", data: n.map(BigInt), type: "INT64" },
            { name: "isIt", data: isIt, type: "BOOLEAN" },
            { name: "group", data: group, type: "STRING" },
          ],
        }),
      ),
    ),
  arrow: () =>
    file(
      "t.arrow",
      arrow.tableToIPC(
        arrow.tableFromArrays({ x: Float64Array.from(x), n: BigInt64Array.from(n.map(BigInt)), isIt, group }),
        "file",
      ),
    ),
};

describe.each(Object.entries(formats))("%s", (_, write) => {
  test("the columns as tensors", async () => {
    const table = await readTable(write(), { columns });
    expect(plain(table)).toEqual(expected);
    expect([table.x.dtype, table.n.dtype, table.isIt.dtype, table.group.dtype]).toEqual([
      "float32",
      "int32",
      "bool",
      "int32",
    ]);
    expectTypeOf(table).toEqualTypeOf<{ readonly [K in "x" | "n" | "isIt" | "group"]: Tensor }>();
  });
  test("some of them; all where none is named", async () => {
    expect(plain(await readTable(write(), { columns: ["n", "x"] }))).toEqual({ n, x });
    await expect(readTable(write())).rejects.toMatchObject({
      code: "data-value",
      message: expect.stringMatching(/"(isIt|group)"/),
    });
  });
  test("a column that is not there", async () => {
    await expect(readTable(write(), { columns: ["y"] })).rejects.toMatchObject({
      code: "data-column",
      message: expect.stringMatching(/has no column "y"\n {2}columns: x, n, isIt, group/),
    });
  });
});

test("lists in cells are further axes", async () => {
  const v = [
    [1, 2],
    [3, 4],
  ];
  const json = await readJson(file("lists.json", JSON.stringify(v.map((each) => ({ v: each })))));
  const parquet = await readParquet(
    file(
      "lists.parquet",
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [{ name: "v", data: v.map((each) => [...each]) }],
          schema: [
            { name: "root", num_children: 1 },
            { name: "v", repetition_type: "OPTIONAL", converted_type: "LIST", num_children: 1 },
            { name: "list", repetition_type: "REPEATED", num_children: 1 },
            { name: "element", type: "DOUBLE", repetition_type: "REQUIRED" },
          ],
        }),
      ),
    ),
  );
  const child = arrow.Field.new({ name: "e", type: new arrow.Float32() });
  const vector = arrow.vectorFromArray(v, new arrow.List(child));
  const fromArrow = await readArrow(file("lists.arrow", arrow.tableToIPC(new arrow.Table({ v: vector }))));
  for (const table of [json, parquet, fromArrow]) expect(plain(table)).toEqual({ v });
  await expect(readJson(file("ragged.json", '{ "v": [[1, 2], [3]] }'))).rejects.toMatchObject({
    code: "data-value",
    at: { source: expect.stringMatching(/ragged\.json, v\[1\]$/) },
  });
});

test("numbers beside columns, as in data for Stan", async () => {
  const { J, y } = await readJson(file("stan.json", '{ "J": 3, "y": [28, 8, -3] }'), {
    columns: { J: "int32", y: "float32" },
  });
  expect([J.shape, J.dtype, y.arraySync()]).toEqual([[], "int32", [28, 8, -3]]);
});

describe("what is refused, with its place", () => {
  test.each<[string, string, object, string, RegExp, string]>([
    [
      "text",
      "x,y\n1,2\n3,abc\n",
      {},
      "data-value",
      /the column "y" does not hold a finite number here\n {2}received: "abc"/,
      ":3",
    ],
    [
      "behind quoted line breaks",
      'x,note\n1,"a\nb"\n\nbad,c\n',
      { columns: ["x"] },
      "data-value",
      /received: "bad"/,
      ":5",
    ],
    ["a missing value", "x,y\n1,2\n3,\n4,NA\n", {}, "data-missing", /the column "y" has no value/, ":3"],
    ["hexadecimal", "x\n0x10\n", {}, "data-value", /received: "0x10"/, ":2"],
    ["an infinite number", "x\n1\n1e99\n", {}, "data-value", /finite number here/, ":3"],
    ["a fraction", "x\n1.5\n", { columns: { x: "int32" } }, "data-value", /a whole number of 32 bits/, ":2"],
    ["another label", "x\na\nc\n", { columns: { x: ["a", "b"] } }, "data-value", /one of its labels \(a, b\)/, ":3"],
    ["a short row", "x,y\n1,2\n3\n", {}, "data-value", /expected: 2 \(x, y\)\n {2}received: 1/, ":3"],
    ["an open quote", 'x,y\n1,"2\n', {}, "data-value", /[Qq]uote/, ":2"],
  ])("%s", async (name, text, options, code, message, line) => {
    const path = file(`${name.replaceAll(" ", "-")}.csv`, text);
    await expect(readCsv(path, options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      at: { source: `${path}${line}` },
    });
  });

  test("files that are not there, or something else", async () => {
    await expect(readCsv(join(folder, "no.csv"))).rejects.toMatchObject({
      code: "data-file",
      message: expect.stringContaining("there is no such file"),
    });
    for (const read of [readCsv, readTable])
      await expect(read(undefined as never)).rejects.toMatchObject({
        code: "data-file",
        summary: "a table is read from a path or a URL\n  received: undefined",
      });
    await expect(readTable(join(folder, "t.xlsx"))).rejects.toMatchObject({ code: "data-file" });
    await expect(readJson(file("bad.json", "{"))).rejects.toMatchObject({ code: "data-file" });
    await expect(readJson(file("list.json", "[1, 2]"))).rejects.toMatchObject({ code: "data-file" });
    await expect(readParquet(file("bad.parquet", "PAR?"))).rejects.toMatchObject({ code: "data-file" });
    await expect(readArrow(file("bad.arrow", "ARROW?"))).rejects.toMatchObject({ code: "data-file" });
    await expect(readCsv(file("empty.csv", "x,y\n"))).rejects.toMatchObject({ code: "data-missing" });
  });
});

test("rows without a wanted value are left out if that is asked for", async () => {
  const path = file("holes.csv", "x,y,z\n1,2,\n3,.,\n4,5,\n");
  expect(plain(await readCsv(path, { columns: ["x", "y"], missing: "drop" }))).toEqual({ x: [1, 4], y: [2, 5] });
  await expect(readCsv(path, { missing: "drop" })).rejects.toMatchObject({ code: "data-missing" });
});

test("names for files without them, other delimiters, URLs", async () => {
  const path = file("bare.txt", "1;2\n3;4\n");
  const table = await readCsv(pathToFileURL(path), { header: ["a", "b"], delimiter: ";" });
  expect(plain(table)).toEqual({ a: [1, 3], b: [2, 4] });
  const server = createServer((request, response) =>
    response.writeHead(request.url?.startsWith("/t.csv") ? 200 : 404).end("x\n7\n"),
  );
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  expect(plain(await readTable(`http://localhost:${port}/t.csv?v=1`))).toEqual({ x: [7] });
  await expect(readTable(`http://localhost:${port}/u.csv`)).rejects.toMatchObject({
    code: "data-file",
    message: expect.stringContaining("404"),
  });
  server.close();
});

test("what papaparse writes is read back", async () => {
  const numbers = fc.array(fc.tuple(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.string()), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(numbers, async (rows) => {
      const path = file("written.csv", papa.unparse({ fields: ["x", "text"], data: rows }));
      const { x } = await readCsv(path, { columns: ["x"], delimiter: "," });
      expect([...x.dataSync()]).toEqual(rows.map(([value]) => value + 0));
    }),
    { numRuns: 50, seed: 1 },
  );
});
