import { expect, test } from "vitest";
import { type AdapterLike, describeAdapter, listAdapters } from "../../src/runtime/adapters.js";

const adapter = (description: string, more: Partial<AdapterLike> = {}): AdapterLike => ({
  info: { vendor: "acme", architecture: "one", device: "", description },
  features: new Set(["timestamp-query", "shader-f16"]),
  limits: { maxBufferSize: 4096, maxComputeWorkgroupSizeX: 256, maxTextureDimension2D: 8192 },
  ...more,
});

test("an adapter by its description, features in order, limits of compute shaders", () => {
  expect(describeAdapter(adapter("Acme 1"))).toEqual({
    name: "Acme 1",
    vendor: "acme",
    architecture: "one",
    device: "",
    description: "Acme 1",
    isFallback: false,
    features: ["shader-f16", "timestamp-query"],
    limits: { maxBufferSize: 4096, maxComputeWorkgroupSizeX: 256 },
  });
  expect(describeAdapter(adapter("")).name).toBe("one");
  expect(describeAdapter({ features: [], limits: {} })).toMatchObject({ name: "unnamed", isFallback: false });
  expect(describeAdapter(adapter("cpu", { isFallbackAdapter: true })).isFallback).toBe(true);
  expect(describeAdapter(adapter("cpu", { info: { isFallbackAdapter: true } })).isFallback).toBe(true);
});

test("adapters once each, whatever the others do", async () => {
  const found = await listAdapters({
    requestAdapter: async ({ powerPreference, forceFallbackAdapter } = {}) => {
      if (forceFallbackAdapter) throw new Error("not here");
      return powerPreference ? adapter("Acme 1") : null;
    },
  });
  expect(found.map(({ name }) => name)).toEqual(["Acme 1"]);
  expect(await listAdapters({ requestAdapter: async () => null })).toEqual([]);
});
