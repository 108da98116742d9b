// Requests to the server. What fails throws a Refusal, whose text is for the user.

import { kept_key } from "./key.ts";
import type { CacheTree, HistoryPage, ModeReport } from "./protocol.ts";

export class Refusal extends Error {
  readonly status: number; // 0: it was not reached

  constructor(status: number, message: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
  }
}

export function headers(): Record<string, string> {
  const key = kept_key();
  return key === "" ? {} : { "x-api-key": key };
}

// The server's own words, where the answer has the API's form of an error.
export async function refusal_of(response: Response): Promise<Refusal> {
  let message = `The server answered with status ${response.status}.`;
  try {
    const body = (await response.json()) as { error?: { message?: unknown } };
    if (typeof body.error?.message === "string") message = body.error.message;
  } catch {
    // No JSON: the status has to do.
  }
  return new Refusal(response.status, message);
}

async function ask<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: { ...headers(), ...(body ? { "content-type": "application/json" } : {}) },
      body: body ? JSON.stringify(body) : null,
      cache: "no-store",
    });
  } catch {
    throw new Refusal(0, "The server cannot be reached.");
  }
  if (!response.ok) throw await refusal_of(response);
  return (await response.json()) as Answer;
}

export const set_mode = (mode: string): Promise<ModeReport> => ask("PUT", "/api/mode", { mode });

export const get_history = (before: number, limit: number): Promise<HistoryPage> =>
  ask("GET", `/api/history?before=${before}&limit=${limit}`);

export const get_tree = (limit: number): Promise<CacheTree> =>
  ask("GET", `/api/cache/tree?limit=${limit}`);

export const prune = (branch: string): Promise<{ bytes: number }> =>
  ask("POST", "/api/cache/prune", { branch });

export const pin = (prompt: string, pinned: boolean): Promise<{ pinned: boolean }> =>
  ask("POST", "/api/cache/pin", { prompt, pinned });
