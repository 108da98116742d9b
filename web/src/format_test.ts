import assert from "node:assert/strict";
import { test } from "node:test";

import {
  ago_text, bytes_text, duration_text, many, rate_text, share_text, short_name,
} from "./format.ts";

test("durations have two units at most", () => {
  const expected: [number, string][] = [
    [0, "0 s"], [0.0421, "42 ms"], [1.44, "1.4 s"], [9.96, "10 s"], [59.4, "59 s"],
    [59.9, "1 min"], [61, "1 min 1 s"], [3599.8, "1 h"], [3660, "1 h 1 min"], [86399, "1 d"],
    [90_000, "1 d 1 h"],
  ];
  for (const [seconds, text] of expected) assert.equal(duration_text(seconds), text);
});

test("a share is all or nothing only where it is", () => {
  assert.equal(share_text(1, 1), "100%");
  assert.equal(share_text(9_999, 10_000), ">99%");
  assert.equal(share_text(0, 10), "0%");
  assert.equal(share_text(1, 10_000), "<1%");
  assert.equal(share_text(0, 0), "–");
});

test("sizes, counts, names and times", () => {
  assert.equal(bytes_text(0), "0 B");
  assert.equal(bytes_text(1023), "0.999 KiB");
  assert.equal(bytes_text(20 * 2 ** 30), "20 GiB");
  assert.equal(many(1, "piece"), "1 piece");
  assert.equal(many(1200, "piece"), "1,200 pieces");
  assert.equal(short_name("5f2c1d6e-1111-4c4c"), "5f2c1d6e…");
  assert.equal(rate_text(31.24), "31.2 tokens/s");
  assert.equal(rate_text(34_182.2), "34,182 tokens/s");
  assert.equal(short_name("anna"), "anna");
  assert.equal(ago_text(100, 99), "just now");
  assert.match(ago_text(0, 7200), /^2 /);
});
