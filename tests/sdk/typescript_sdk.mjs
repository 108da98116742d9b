// The official SDK for TypeScript against a server: typescript_sdk.mjs MODULES GROUP, where MODULES
// is the folder whose node_modules has @anthropic-ai/sdk and GROUP one of the functions' names.
//
// ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY say where. Prints a line for each thing that holds; the
// first that does not ends the run with a stack trace.
import { createRequire } from "node:module";

const require = createRequire(process.argv[2] + "/");
const sdk = require("@anthropic-ai/sdk");
const Anthropic = sdk.default ?? sdk.Anthropic;
const client = new Anthropic({ maxRetries: 0, timeout: 120000 });
const model = "claude-sonnet-5"; // any name is answered by the loaded model
const weather = {
  name: "weather",
  description: "The weather of a town.",
  input_schema: {
    type: "object",
    required: ["town"],
    additionalProperties: false,
    properties: { town: { type: "string", maxLength: 20 } },
  },
};
const clock = {
  name: "clock",
  description: "The time in a zone.",
  input_schema: {
    type: "object",
    required: ["zone"],
    additionalProperties: false,
    properties: { zone: { enum: ["utc", "local"] } },
  },
};

function holds(condition, what) {
  if (!condition) throw new Error(`does not hold: ${what}`);
  console.log("ok", what);
}

function body(text, more = {}) {
  return { model, max_tokens: 16, messages: [{ role: "user", content: text }], ...more };
}

const ask = (text, more, from = client) => from.messages.create(body(text, more));
const total = (usage) =>
  usage.input_tokens +
  (usage.cache_read_input_tokens ?? 0) +
  (usage.cache_creation_input_tokens ?? 0);

async function raises(kind, promise, what) {
  const error = await promise.then(() => null, (raised) => raised);
  if (error === null) throw new Error(`${what}: nothing was raised`);
  if (!(error instanceof kind)) {
    throw new Error(`${what}: ${error.constructor.name}, not ${kind.name}`, { cause: error });
  }
  console.log("ok", what, error.constructor.name);
  return error;
}

async function answers() {
  const system = [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }];
  const message = await ask("Say hello.", { system });
  holds(message.type === "message" && message.role === "assistant", "a whole message");
  holds(message.id.startsWith("msg_"), "its id");
  holds(["end_turn", "max_tokens"].includes(message.stop_reason), "its stop reason");
  holds(message._request_id, "the request id that errors are reported with");
  const { max_tokens: _, ...counting } = body("Say hello.", { system: "Be brief." });
  const counted = await client.messages.countTokens(counting);
  holds(counted.input_tokens === total(message.usage), "countTokens equals the usage");

  const kinds = [];
  let text = "";
  const stream = client.messages
    .stream(body("Say hello."))
    .on("streamEvent", (event) => kinds.push(event.type))
    .on("text", (delta) => (text += delta));
  const final = await stream.finalMessage();
  holds(kinds[0] === "message_start" && kinds.at(-1) === "message_stop", "the helper's events");
  holds(text !== "" && final.content[0].text === text, "the helper's text and final message");
  holds((await client.messages.stream(body("Say hello.")).finalText()) !== "", "finalText");
  const raw = [];
  for await (const event of await client.messages.create({ ...body("Hi."), stream: true })) {
    raw.push(event.type);
  }
  holds(raw.at(-1) === "message_stop", "the raw events");

  const stopped = await ask("Count from one to ten.", {
    max_tokens: 24,
    stop_sequences: ["a", "e", "i", "o"],
  });
  holds(stopped.stop_reason === "stop_sequence", "stop sequences");
  for (const thinking of [
    { type: "enabled", budget_tokens: 1024 },
    { type: "adaptive" },
    { type: "disabled" },
  ]) {
    holds((await ask("Hi.", { thinking })).usage.output_tokens > 0, `thinking ${thinking.type}`);
  }
  const abandoned = client.messages.stream(body("Tell a long story.", { max_tokens: 500 }));
  abandoned.on("text", () => abandoned.abort());
  await raises(sdk.APIUserAbortError ?? Anthropic.APIUserAbortError, abandoned.done(), "abort");
  holds((await ask("Hi.")).id, "an answer after an abort");
}

async function tools() {
  const both = { tools: [weather, clock], max_tokens: 64 };
  const calls = (message) => message.content.filter((block) => block.type === "tool_use");
  let message = await ask("Is it warm in Rome?", { ...both, tool_choice: { type: "any" } });
  holds(message.stop_reason === "tool_use" && calls(message).length, "tool_choice any calls");
  for (const call of calls(message)) {
    const wanted = call.name === "weather" ? "town" : "zone";
    holds(Object.keys(call.input).join() === wanted, `input of ${call.name}`);
  }
  message = await ask("Now?", { ...both, tool_choice: { type: "tool", name: "clock" } });
  holds(calls(message)[0]?.name === "clock", "tool_choice tool calls that one");
  const alone = { type: "any", disable_parallel_tool_use: true };
  message = await ask("Is it warm in Rome and in Oslo?", { ...both, tool_choice: alone });
  holds(message.content.length === 1, "disable_parallel_tool_use calls once");
  message = await ask("Hi.", { ...both, tool_choice: { type: "none" } });
  holds(calls(message).length === 0, "tool_choice none calls nothing");

  let pieces = "";
  const stream = client.messages
    .stream(body("Rome?", { tools: [weather], tool_choice: alone, max_tokens: 64 }))
    .on("inputJson", (delta) => (pieces += delta));
  const call = (await stream.finalMessage()).content[0];
  holds(JSON.stringify(JSON.parse(pieces)) === JSON.stringify(call.input), "inputJson events");
  const { type, id, name, input } = call;
  const turns = [
    { role: "user", content: "Rome?" },
    { role: "assistant", content: [{ type, id, name, input }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "Sunny." }] },
  ];
  message = await ask("", { ...both, messages: turns });
  const counted = await client.messages.countTokens({ model, messages: turns, tools: both.tools });
  holds(counted.input_tokens === total(message.usage), "countTokens after a tool result");

  const schema = {
    type: "object",
    required: ["mood"],
    additionalProperties: false,
    properties: { mood: { enum: ["glad", "sad"] } },
  };
  message = await ask("How are you?", {
    max_tokens: 40,
    output_config: { format: { type: "json_schema", schema } },
  });
  holds(["glad", "sad"].includes(JSON.parse(message.content[0].text).mood), "output_config");
}

async function models() {
  const listed = [];
  for await (const entry of client.models.list({ limit: 1000 })) listed.push(entry);
  holds(listed.length && listed[0].type === "model", "models.list");
  holds((await client.models.retrieve(listed[0].id)).id === listed[0].id, "models.retrieve");
  await raises(Anthropic.NotFoundError, client.models.retrieve("no-such-model"),
    "models.retrieve of an unknown model");
}

async function errors() {
  const stranger = new Anthropic({ apiKey: "wrong", maxRetries: 0 });
  await raises(Anthropic.AuthenticationError, ask("Hi.", {}, stranger), "a wrong key");
  const error = await raises(Anthropic.BadRequestError, ask("Hi.", { tools: "none" }),
    "tools of the wrong type");
  holds(error.requestID && error.type === "invalid_request_error", "its type and request id");
  await raises(Anthropic.BadRequestError, ask("Hi.", { max_tokens: -4 }), "max_tokens -4");
  await raises(Anthropic.NotFoundError, client.post("/v1/nowhere", { body: {} }),
    "an unknown path");
  const large = await raises(Anthropic.APIError, ask("x".repeat(65 << 20)), "65 MiB");
  holds(large.status === 413 && large.type === "request_too_large", "its status and type");
}

async function too_long() {
  const { max_tokens: _, ...counting } = body("long ".repeat(3000));
  const counted = (await client.messages.countTokens(counting)).input_tokens;
  const error = await raises(Anthropic.BadRequestError, ask("long ".repeat(3000)),
    "a prompt too long");
  holds(error.apiMessage.startsWith(`prompt is too long: ${counted} tokens > `),
    "its message, with the counted tokens");
  const stream = client.messages.stream(body("long ".repeat(3000)));
  await raises(Anthropic.BadRequestError, stream.finalMessage(), "a prompt too long, streamed");
}

async function overloaded() {
  const error = await raises(Anthropic.InternalServerError, ask("Hi."), "a full queue");
  holds(error.status === 529 && error.type === "overloaded_error", "its status and type");
}

const groups = { answers, tools, models, errors, too_long, overloaded };
await groups[process.argv[3]]();
