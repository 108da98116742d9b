// The server's live feed, kept for as long as the page is open: through restarts, sleep and lost
// networks. EventSource cannot send a key, so the stream is read with fetch.

import { headers, refusal_of } from "./api.ts";
import { EventStreamReader, type StreamEvent } from "./event_stream.ts";
import type { Connection } from "./state.ts";

const silence_max_ms = 25_000; // the server says something every 10 seconds
const wait_min_ms = 1_000;
const wait_max_ms = 10_000;

export interface FeedListener {
  connection_changed(connection: Connection): void;
  event_came(event: StreamEvent): void;
}

export function wait_before(attempt: number): number {
  return Math.min(wait_max_ms, wait_min_ms * 2 ** Math.min(attempt, 10));
}

export class Feed {
  private readonly listener: FeedListener;
  private attempt = 0; // since the last one that was answered
  private timer: number | undefined;
  private current: AbortController | null = null;

  constructor(listener: FeedListener) {
    this.listener = listener;
  }

  // At once, whatever it is doing; also after another key was given.
  connect(): void {
    window.clearTimeout(this.timer);
    this.current?.abort();
    const controller = new AbortController();
    this.current = controller;
    void this.run(controller);
  }

  private async run(controller: AbortController): Promise<void> {
    const mine = (): boolean => this.current === controller;
    let why = "The server has ended the connection.";
    const watchdog = new Watchdog(controller);
    try {
      watchdog.feed();
      const response = await fetch("/api/events", {
        headers: { ...headers(), accept: "text/event-stream" },
        cache: "no-store",
        signal: controller.signal,
      });
      if (!mine()) return;
      if (response.status === 401 || response.status === 403) {
        const { message } = await refusal_of(response);
        if (mine()) this.listener.connection_changed({ is: "locked", why: message });
        return;
      }
      if (!response.ok || !response.body) throw await refusal_of(response);
      this.attempt = 0;
      this.listener.connection_changed({ is: "live" });
      await this.read(response.body, watchdog, mine);
    } catch (error) {
      if (error instanceof Error && error.name === "Refusal") why = error.message;
      else why = watchdog.bit ? "The server is silent." : "The server cannot be reached.";
    } finally {
      watchdog.stop();
    }
    if (mine()) this.try_again(why);
  }

  private async read(
    body: ReadableStream<Uint8Array>, watchdog: Watchdog, mine: () => boolean,
  ): Promise<void> {
    const events = new EventStreamReader();
    const text = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || !mine()) return;
      watchdog.feed();
      for (const event of events.push(text.decode(value, { stream: true }))) {
        this.listener.event_came(event);
      }
    }
  }

  private try_again(why: string): void {
    const wait_ms = wait_before(this.attempt);
    this.attempt += 1;
    this.listener.connection_changed({ is: "lost", why, retry_at_ms: Date.now() + wait_ms });
    this.timer = window.setTimeout(() => this.connect(), wait_ms);
  }
}

// Ends a connection that nothing comes on.
class Watchdog {
  bit = false;
  private readonly controller: AbortController;
  private timer: number | undefined;

  constructor(controller: AbortController) {
    this.controller = controller;
  }

  feed(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.bit = true;
      this.controller.abort();
    }, silence_max_ms);
  }

  stop(): void {
    window.clearTimeout(this.timer);
  }
}
