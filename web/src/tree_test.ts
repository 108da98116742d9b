import assert from "node:assert/strict";
import { test } from "node:test";

import type { CacheNode } from "./protocol.ts";
import { biggest, rows_of } from "./tree.ts";

const node = (id: string, parent: string, more: Partial<CacheNode> = {}): CacheNode => ({
  id, parent, model: "m", sharing: "", words: id, tokens: 10, tokens_to_end: 10, bytes_ram: 0,
  bytes_disk: 100, branch_bytes: 100, pinned: false, hits: 0, last_used_s: 0, below: 0, ...more,
});

const forest = [
  node("head", "", { branch_bytes: 900 }),
  node("system", "head", { branch_bytes: 800 }),
  node("small", "system", { branch_bytes: 100 }),
  node("large", "system", { branch_bytes: 600, pinned: true }),
  node("large2", "large", { branch_bytes: 500, bytes_disk: 500 }),
  node("other", "", { branch_bytes: 1000 }),
  node("orphan", "was not sent", { branch_bytes: 50 }),
];

test("draws the largest branch first, and stretches without a fork as one row", () => {
  const rows = rows_of(forest, () => true);
  assert.deepEqual(rows.map((row) => [row.first.id, row.last.id, row.depth, row.forks]), [
    ["other", "other", 0, 0],
    ["head", "system", 0, 2],
    ["large", "large2", 1, 0],
    ["small", "small", 1, 0],
    ["orphan", "orphan", 0, 0],
  ]);
  const large = rows[2];
  assert.equal(large?.tokens, 20);
  assert.equal(large?.bytes_disk, 600);
  assert.equal(large?.pinned, true);
});

test("hides what hangs below a closed row", () => {
  const rows = rows_of(forest, (id) => id !== "head");
  assert.deepEqual(rows.map((row) => row.first.id), ["other", "head", "orphan"]);
});

test("a stretch ends where nodes are left out", () => {
  const rows = rows_of([node("a", "", { below: 3 }), node("b", "a")], () => true);
  assert.deepEqual(rows.map((row) => row.first.id), ["a", "b"]);
});

test("a conversation may be thousands of pieces deep", () => {
  const deep = Array.from({ length: 20_000 }, (_, at) => node(`${at}`, at ? `${at - 1}` : ""));
  assert.equal(rows_of(deep, () => true).length, 1);
});

test("finds what takes most room", () => {
  assert.deepEqual(biggest(forest, 2).map((row) => row.first.id), ["large", "head"]);
});
