// OpenAI's official SDK for TypeScript against a server: openai_typescript.mjs MODULES GROUP, where
// MODULES is the folder whose node_modules has openai and GROUP one of the functions' names.
//
// OPENAI_BASE_URL and OPENAI_API_KEY say where. Prints a line for each thing that holds; the first
// that does not ends the run with a stack trace.
import { createRequire } from "node:module";

const require = createRequire(process.argv[2] + "/");
const sdk = require("openai");
const OpenAI = sdk.default ?? sdk.OpenAI;
const client = new OpenAI({ maxRetries: 0, timeout: 120000 });
const model = "gpt-5.5"; // any name is answered by the loaded model
const weather = {
  type: "function",
  function: {
    name: "weather",
    description: "The weather of a town.",
    parameters: {
      type: "object",
      required: ["town"],
      additionalProperties: false,
      properties: { town: { type: "string", maxLength: 20 } },
    },
  },
};

function holds(condition, what) {
  if (!condition) throw new Error(`does not hold: ${what}`);
  console.log("ok", what);
}

function body(text, more = {}) {
  return { model, max_tokens: 16, messages: [{ role: "user", content: text }], ...more };
}

const ask = (text, more, from = client) => from.chat.completions.create(body(text, more));

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
  const completion = await ask("Say hello.");
  const [choice] = completion.choices;
  holds(completion.object === "chat.completion" && completion.model === model, "a completion");
  holds(choice.message.role === "assistant" && choice.message.content, "its message");
  holds(["stop", "length"].includes(choice.finish_reason), "its finish reason");
  holds(completion._request_id, "the request id that errors are reported with");

  const chunks = [];
  const streamed = { stream: true, stream_options: { include_usage: true } };
  for await (const chunk of await ask("Say hello.", streamed)) chunks.push(chunk);
  holds(chunks[0].choices[0].delta.role === "assistant", "the first chunk's role");
  holds(chunks.at(-1).usage.completion_tokens > 0, "the usage chunk");

  let text = "";
  const stream = client.chat.completions.stream(body("Say hello."));
  stream.on("content", (delta) => (text += delta));
  const final = await stream.finalChatCompletion();
  holds(text !== "" && final.choices[0].message.content === text, "the helper's text");

  const abandoned = client.chat.completions.stream(
    body("Tell a long story.", { max_tokens: 500 }),
  );
  abandoned.on("content", () => abandoned.abort());
  await raises(OpenAI.APIUserAbortError, abandoned.done(), "abort");
  holds((await ask("Hi.")).id, "an answer after an abort");
}

async function tools() {
  const seen = [];
  const run = {
    ...weather.function,
    parse: JSON.parse,
    function: ({ town }) => {
      seen.push(town);
      return "Sunny.";
    },
  };
  const tool = { type: "function", function: run };
  const runner = client.chat.completions.runTools(
    { ...body("Rome?"), max_tokens: 64, tools: [tool], tool_choice: "required" },
    { maxChatCompletions: 2 },
  );
  await runner.done().catch((error) => console.log("the runner ended:", error.message));
  const calls = runner.messages.filter((message) => message.role === "tool");
  holds(seen.length > 0 && typeof seen[0] === "string", "the helper ran the function");
  holds(calls[0]?.content === "Sunny.", "and sent its result back");

  const stream = client.chat.completions.stream(
    body("Rome?", { max_tokens: 64, tools: [weather], tool_choice: "required" }),
  );
  const [call] = (await stream.finalMessage()).tool_calls;
  holds(Object.keys(JSON.parse(call.function.arguments)).join() === "town", "a streamed call");
  const messages = [
    { role: "user", content: "Rome?" },
    { role: "assistant", content: null, tool_calls: [call] },
    { role: "tool", tool_call_id: call.id, content: "Sunny." },
  ];
  const after = await ask("", { messages, tools: [weather], tool_choice: "none" });
  holds(after.choices[0].message.content, "an answer after the result");
  holds(after.usage.prompt_tokens_details.cached_tokens > 0, "that reads the first turn's prompt");
}

async function formats() {
  const schema = {
    type: "object",
    required: ["mood"],
    additionalProperties: false,
    properties: { mood: { enum: ["glad", "sad"] } },
  };
  const format = { type: "json_schema", json_schema: { name: "answer", strict: true, schema } };
  const more = { max_tokens: 40, response_format: format };
  const parsed = await client.chat.completions.parse(body("How are you?", more));
  holds(["glad", "sad"].includes(parsed.choices[0].message.parsed.mood), "json_schema, parsed");
}

async function models() {
  const listed = [];
  for await (const entry of client.models.list()) listed.push(entry);
  holds(listed.length && listed[0].object === "model", "models.list");
  holds((await client.models.retrieve(listed[0].id)).id === listed[0].id, "models.retrieve");
  await raises(OpenAI.NotFoundError, client.models.retrieve("no-such-model"),
    "models.retrieve of an unknown model");
}

async function errors() {
  const stranger = new OpenAI({ apiKey: "wrong", maxRetries: 0 });
  await raises(OpenAI.AuthenticationError, ask("Hi.", {}, stranger), "a wrong key");
  const error = await raises(OpenAI.BadRequestError, ask("Hi.", { tools: "none" }),
    "tools of the wrong type");
  holds(error.requestID && error.param === "tools", "its request id and param");
  await raises(OpenAI.BadRequestError, ask("Hi.", { n: 2 }), "two answers");
  const large = await raises(OpenAI.APIError, ask("x".repeat(65 << 20)), "65 MiB");
  holds(large.status === 413, "its status");
}

const groups = { answers, tools, formats, models, errors };
await groups[process.argv[3]]();
