// All that the page knows, and how the server's events change it. Pure: old state in, new one out.

import type {
  CacheReport, FeedEvents, FinishedRequest, HistoryPage, LogLine, ModeReport, RunningRequest,
  Savings, ServerInfo,
} from "./protocol.ts";

export type Connection =
  | { is: "connecting" }
  | { is: "live" }
  | { is: "lost"; why: string; retry_at_ms: number }
  | { is: "locked"; why: string }; // it wants a key, or another one

export interface State {
  connection: Connection;
  server: ServerInfo | null;
  running: RunningRequest[];
  finished: FinishedRequest[]; // newest first, without gaps
  finished_count: number; // of all that the server keeps
  savings: FeedEvents["savings"] | null;
  mode: ModeReport | null; // null: not told yet, or there is nothing to choose
  cache: CacheReport | null; // null: not told yet, or the server has none
  cache_known: boolean;
  log: LogLine[]; // newest first
  fresh: ReadonlySet<string>; // the lists that this connection has begun anew
}

export const finished_max = 20_000; // kept by the page; the oldest go, and can be asked for again
export const log_max = 200;

export const initial_state: State = {
  connection: { is: "connecting" },
  server: null,
  running: [],
  finished: [],
  finished_count: 0,
  savings: null,
  mode: null,
  cache: null,
  cache_known: false,
  log: [],
  fresh: new Set(),
};

export const no_savings: Savings = { requests: 0, prompt_tokens: 0, reused_tokens: 0, saved_s: 0 };

// A connection is there: what comes first on it replaces what was known, for the server tells
// everything again, and may be another one.
export function connected(state: State): State {
  return { ...state, connection: { is: "live" }, fresh: new Set() };
}

export function apply<Name extends keyof FeedEvents>(
  state: State, name: Name, data: FeedEvents[Name],
): State {
  return appliers[name](state, data);
}

// What a newer server sends besides is left alone.
export function is_known(name: string): name is keyof FeedEvents {
  return Object.hasOwn(appliers, name);
}

const appliers: { [Name in keyof FeedEvents]: (state: State, data: FeedEvents[Name]) => State } = {
  server: (state, server) => ({ ...state, server }),
  requests: (state, { requests }) => ({ ...state, running: requests }),
  finished: (state, { requests }) => add_finished(state, requests),
  savings: (state, savings) => ({ ...state, savings }),
  mode: (state, mode) => ({ ...state, mode: "modes" in mode ? (mode as ModeReport) : null }),
  cache: (state, cache) => ({
    ...state,
    cache: "disk" in cache ? (cache as CacheReport) : null,
    cache_known: true,
  }),
  log: (state, { lines }) => {
    const known = state.fresh.has("log") ? state.log : [];
    const newest = known[0]?.number ?? -1;
    const added = lines.filter((line) => line.number > newest).reverse();
    return {
      ...state,
      log: [...added, ...known].slice(0, log_max),
      fresh: new Set([...state.fresh, "log"]),
    };
  },
};

function add_finished(state: State, requests: FinishedRequest[]): State {
  const begun = state.fresh.has("finished");
  const known = begun ? state.finished : [];
  const newest = known[0]?.number ?? -1;
  const added = requests.filter((request) => request.number > newest).reverse();
  const finished = [...added, ...known].slice(0, finished_max);
  const count = (begun ? state.finished_count : 0) + added.length;
  return {
    ...state,
    finished,
    finished_count: Math.max(count, finished.length),
    fresh: new Set([...state.fresh, "finished"]),
  };
}

// A page of the history goes behind what is known. One that was asked for before the server
// started anew fits nowhere and is dropped.
export function add_history(state: State, before: number, page: HistoryPage): State {
  const oldest = state.finished.at(-1)?.number ?? Number.POSITIVE_INFINITY;
  if (before !== oldest) return { ...state, finished_count: page.count };
  const added = page.requests.filter((request) => request.number < oldest);
  const finished = [...state.finished, ...added];
  // Numbers go on while the page is under way, so what the server counts may be more.
  const count = added.length === 0 ? finished.length : Math.max(page.count, finished.length);
  return { ...state, finished, finished_count: count };
}
