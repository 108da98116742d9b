import assert from "node:assert/strict";
import { test } from "node:test";

import { EventStreamReader, type StreamEvent } from "./event_stream.ts";

const stream = ": hello\n\nevent: log\ndata: {\"a\":\ndata: 1}\n\r\n"
  + "event: mode\r\ndata:x: y\r\n\r\n"
  + "event: none\n\ndata: unnamed\n\nevent: cut\ndata: off";
const expected: StreamEvent[] = [
  { name: "log", data: "{\"a\":\n1}" },
  { name: "mode", data: "x: y" },
  { name: "", data: "unnamed" },
];

test("reads events however the stream is cut", () => {
  for (let size = 1; size <= stream.length; size += 1) {
    const reader = new EventStreamReader();
    const events: StreamEvent[] = [];
    for (let at = 0; at < stream.length; at += size) {
      events.push(...reader.push(stream.slice(at, at + size)));
    }
    assert.deepEqual(events, expected, `in pieces of ${size}`);
  }
});
