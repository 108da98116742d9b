// The one state of the page, and those who draw it.

import { useEffect, useState } from "preact/hooks";

import { get_history } from "./api.ts";
import { Feed } from "./feed.ts";
import type { FeedEvents } from "./protocol.ts";
import { add_history, apply, connected, initial_state, is_known, type State } from "./state.ts";

const history_page = 500;

let state = initial_state;
const listeners = new Set<() => void>();
let asked_before: number | null = null; // of the page of the history that is under way

function change(next: State): void {
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}

const feed = new Feed({
  connection_changed(connection) {
    change(connection.is === "live" ? connected(state) : { ...state, connection });
  },
  event_came({ name, data }) {
    if (!is_known(name)) return;
    const begins = name === "finished" && !state.fresh.has("finished");
    change(apply(state, name, JSON.parse(data) as FeedEvents[typeof name]));
    // How many there are besides is only told with a page of them.
    if (begins && state.finished.length > 0) void load_history();
  },
});

export const connect = (): void => feed.connect();

// Asks for the requests before the oldest that is known; does nothing while that is under way.
// What fails is asked for again when it is next needed.
export async function load_history(): Promise<void> {
  const before = state.finished.at(-1)?.number;
  if (before === undefined || before === asked_before) return;
  asked_before = before;
  try {
    const page = await get_history(before, history_page);
    change(add_history(state, before, page));
  } catch {
    // The connection's state tells already what is wrong.
  } finally {
    if (asked_before === before) asked_before = null;
  }
}

export function useStore(): State {
  const [seen, set_seen] = useState(state);
  useEffect(() => {
    const listener = (): void => set_seen(state);
    listeners.add(listener);
    listener();
    return () => void listeners.delete(listener);
  }, []);
  return seen;
}
