// What the server sends, in its own names. Nothing here is checked at run time: the page and the
// program are built together.

export type Phase = "queued" | "prefill" | "decode";

export interface RunningRequest {
  id: string;
  session: string;
  agent: string;
  key: string;
  model: string;
  backend: string;
  reason: string;
  phase: Phase;
  prompt_tokens: number; // 0: not known yet
  prompt_tokens_done: number; // with those that were reused
  prompt_tokens_reused: number;
  output_tokens: number;
  seconds: number;
  eta_s?: number | null; // of the prefill; absent or null: not known yet
  tokens_per_s: number; // of the decode; 0: not known yet
}

export interface SectionTokens {
  tools: number;
  instructions: number;
  context: number;
  messages: number;
}

export type DepartureReason =
  | "goes_on" | "first" | "forgotten" | "tools" | "instructions" | "context" | "messages" | "";

export interface FinishedRequest {
  number: number; // counts up from the server's start
  id: string;
  ended_s: number; // Unix time
  session: string;
  agent: string;
  key: string;
  model: string;
  backend: string;
  reason: string;
  seconds: number;
  first_token_s: number;
  prompt_tokens: number;
  prompt_tokens_reused: number;
  output_tokens: number;
  stop: string;
  error: string;
  sections?: SectionTokens | null; // absent or null: not known
  new_from: string; // "context, line 3"; empty: not known
  why: DepartureReason;
  saved_s: number;
}

export interface ModelInfo {
  id: string;
  description: string;
  context_tokens: number;
  loaded: boolean; // else it is when a request names it
}

export interface ServerInfo {
  version: string;
  started_s: number; // Unix time
  models: ModelInfo[];
  ready: boolean;
  what: string; // it does while it is not ready
  progress: number; // of that, 0 to 1
}

export interface Savings {
  requests: number;
  prompt_tokens: number;
  reused_tokens: number;
  saved_s: number;
}

export interface BackendReport {
  mode: string;
  name: string;
  address: string;
  weight: number;
  open: boolean;
  ready: boolean;
  failing: boolean;
  what: string;
  model: string;
  tools: boolean;
  images: boolean;
  context_tokens: number;
  in_flight: number;
  answers: number;
  first_token_s: number;
  token_s: number;
}

export interface ModeReport {
  mode: string;
  modes: string[];
  servers: BackendReport[];
}

export interface TierReport {
  bytes: number;
  bytes_max: number;
  pieces: number;
  tokens: number;
}

export interface CacheReport {
  folder: string;
  ram: TierReport;
  disk: TierReport;
  writes: boolean;
  problem: string;
}

export interface CacheNode {
  id: string;
  parent: string; // empty: a root
  model: string;
  sharing: string;
  words: string;
  tokens: number; // of this stretch
  tokens_to_end: number; // from the root
  bytes_ram: number; // of this stretch
  bytes_disk: number;
  branch_bytes: number; // with all below
  pinned: boolean;
  hits: number;
  last_used_s: number;
  below: number; // nodes below it that were not sent
}

export interface LogLine {
  number: number;
  time_s: number;
  level: "warning" | "error";
  text: string;
}

export interface FeedEvents {
  server: ServerInfo;
  requests: { requests: RunningRequest[] };
  finished: { requests: FinishedRequest[] };
  savings: { today: Savings; all: Savings };
  mode: ModeReport | Record<string, never>;
  cache: CacheReport | Record<string, never>;
  log: { lines: LogLine[] };
}

export interface HistoryPage {
  requests: FinishedRequest[]; // newest first
  count: number; // of all kept
}

export interface CacheTree {
  nodes: CacheNode[]; // parents first
  count: number;
}
