import assert from "node:assert/strict";
import { test } from "node:test";

import { rows_beside, rows_in_sight } from "./window.ts";

test("draws what is in sight of 10,000 rows, wherever one looks", () => {
  const row_px = 34;
  const height_px = 400;
  for (let scrolled = 0; scrolled <= 10_000 * row_px; scrolled += 997) {
    const { first, end } = rows_in_sight(scrolled, height_px, row_px, 10_000);
    assert.ok(end - first <= height_px / row_px + 2 * rows_beside + 2, `${first} to ${end}`);
    const top = Math.floor(scrolled / row_px);
    const bottom = Math.min(10_000, Math.ceil((scrolled + height_px) / row_px));
    if (top < 10_000) assert.ok(first <= top && bottom <= end, `at ${scrolled}`);
  }
});

test("draws nothing of an empty list, and the end of one that has become shorter", () => {
  assert.deepEqual(rows_in_sight(0, 400, 34, 0), { first: 0, end: 0 });
  assert.deepEqual(rows_in_sight(5_000, 400, 34, 3), { first: 3, end: 3 });
  assert.deepEqual(rows_in_sight(0, -5, 34, 100), { first: 0, end: rows_beside });
});
