import assert from "node:assert/strict";
import { test } from "node:test";

import { kept_text } from "./kept_text.ts";

function storage_of(texts: Map<string, string>): Storage {
  return {
    getItem: (name: string) => texts.get(name) ?? null,
    setItem: (name: string, text: string) => void texts.set(name, text),
    removeItem: (name: string) => void texts.delete(name),
  } as unknown as Storage;
}

test("a text is kept under its name, and an empty one is none", () => {
  const texts = new Map<string, string>();
  const kept = kept_text("a", () => storage_of(texts));
  assert.equal(kept.get(), "");
  kept.set("x");
  assert.equal(texts.get("a"), "x");
  assert.equal(kept_text("a", () => storage_of(texts)).get(), "x");
  kept.set("");
  assert.equal(texts.size, 0);
});

test("where nothing may be kept the page remembers it", () => {
  const kept = kept_text("a", () => {
    throw new Error("blocked");
  });
  assert.equal(kept.get(), "");
  kept.set("x");
  assert.equal(kept.get(), "x");
});
