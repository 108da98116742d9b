import assert from "node:assert/strict";
import { test } from "node:test";

import type { FinishedRequest, LogLine } from "./protocol.ts";
import {
  add_history, apply, connected, finished_max, initial_state, is_known, log_max, type State,
} from "./state.ts";

const request = (number: number): FinishedRequest => ({
  number, id: `req_${number}`, ended_s: number, session: "", agent: "", key: "", model: "",
  backend: "", reason: "", seconds: 1, first_token_s: 1, prompt_tokens: 10,
  prompt_tokens_reused: 5, output_tokens: 1, stop: "end_turn", error: "", sections: null,
  new_from: "", why: "goes_on", saved_s: 0,
});
const requests = (first: number, end: number): FinishedRequest[] =>
  Array.from({ length: end - first }, (_, index) => request(first + index));
const line = (number: number): LogLine => ({ number, time_s: 0, level: "error", text: "" });
const numbers = (state: State): number[] => state.finished.map(({ number }) => number);

test("keeps requests newest first, each once", () => {
  let state = apply(connected(initial_state), "finished", { requests: requests(5, 8) });
  state = apply(state, "finished", { requests: requests(7, 10) });
  assert.deepEqual(numbers(state), [9, 8, 7, 6, 5]);
  assert.equal(state.finished_count, 5);
});

test("what comes first on a new connection replaces what was known", () => {
  let state = apply(connected(initial_state), "finished", { requests: requests(100, 200) });
  state = apply(state, "log", { lines: [line(1), line(2)] });
  state = connected(state);
  assert.equal(state.finished.length, 100, "still shown until the server says otherwise");
  state = apply(state, "finished", { requests: requests(1, 3) });
  state = apply(state, "log", { lines: [line(1)] });
  assert.deepEqual(numbers(state), [2, 1]);
  assert.equal(state.log.length, 1);
});

test("a page of the history goes behind what is known, without gap and double", () => {
  let state = apply(connected(initial_state), "finished", { requests: requests(901, 1001) });
  state = add_history(state, 901, { requests: requests(401, 901).reverse(), count: 1000 });
  assert.deepEqual(numbers(state), requests(401, 1001).reverse().map(({ number }) => number));
  assert.equal(state.finished_count, 1000);
});

test("a page that was asked for before a restart is dropped", () => {
  let state = apply(connected(initial_state), "finished", { requests: requests(1, 4) });
  state = add_history(state, 901, { requests: requests(401, 901).reverse(), count: 3 });
  assert.deepEqual(numbers(state), [3, 2, 1]);
  assert.equal(state.finished_count, 3);
});

test("the end of the history is an end, whatever the server counts", () => {
  let state = apply(connected(initial_state), "finished", { requests: requests(5, 8) });
  state = add_history(state, 5, { requests: [], count: 400 });
  assert.equal(state.finished_count, 3);
});

test("keeps no more than it may", () => {
  let state = connected(initial_state);
  state = apply(state, "finished", { requests: requests(0, finished_max + 50) });
  assert.equal(state.finished.length, finished_max);
  assert.equal(state.finished[0]?.number, finished_max + 49);
  for (let number = 0; number < log_max + 20; number += 1) {
    state = apply(state, "log", { lines: [line(number)] });
  }
  assert.equal(state.log.length, log_max);
  assert.equal(state.log[0]?.number, log_max + 19);
});

test("leaves events alone that it does not know", () => {
  assert.ok(is_known("server"));
  assert.ok(!is_known("weather"));
  assert.ok(!is_known("toString"));
});
