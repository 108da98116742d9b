// The server's short names, in words that people understand.

import type { DepartureReason, FinishedRequest, Phase } from "./protocol.ts";

export const phase_words: Record<Phase, string> = {
  queued: "Waiting",
  prefill: "Reading the prompt",
  decode: "Answering",
};

const why_short: Record<DepartureReason, string> = {
  goes_on: "Went on where it ended",
  first: "First of its kind",
  forgotten: "No longer kept",
  tools: "New: tools",
  instructions: "New: instructions",
  context: "New: context",
  messages: "New: messages",
  "": "",
};

const why_long: Record<DepartureReason, string> = {
  goes_on: "The prompt goes on where an earlier one ended, and all of that was found.",
  first: "No prompt like it came before, so all of it had to be read.",
  forgotten: "More of it was read before, but is no longer kept. A larger cache would keep it.",
  tools: "The tools are not those of any earlier prompt; everything behind the first new one had "
    + "to be read.",
  instructions: "The instructions to the model differ from those of earlier prompts.",
  context: "What the client tells in front of the first message (folder, date, CLAUDE.md and the "
    + "like) differs from earlier prompts.",
  messages: "A message is new, or was changed in the middle of the conversation.",
  "": "The server that answered does not tell.",
};

// In a few words; `new_from` names the first new part where one is new.
export function why_text(why: string, new_from: string): string {
  const text = why_short[why as DepartureReason] ?? why;
  return new_from && text.startsWith("New: ") ? `New: ${new_from}` : text;
}

export const why_sentence = (why: string): string => why_long[why as DepartureReason] ?? why;

const stops: Record<string, string> = {
  end_turn: "finished",
  max_tokens: "cut at the limit of tokens",
  stop_sequence: "ended at a stop sequence",
  tool_use: "called a tool",
  cancelled: "left by the client",
  failed: "failed",
};

export const stop_text = (stop: string): string => stops[stop] ?? stop;

export const went_wrong = (request: FinishedRequest): boolean =>
  request.stop === "failed" || request.error !== "";

const modes: Record<string, string> = {
  auto: "Chooses for each request",
  embedded: "The model in this program",
  "mlx-lm": "An MLX-LM server",
  lmstudio: "LM Studio",
  vllm: "vLLM, one or a fleet",
  openai: "A server of OpenAI's API",
  anthropic: "A server of Anthropic's API",
};

export const mode_text = (mode: string): string => modes[mode] ?? "";
