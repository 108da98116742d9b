import { count_text, duration_text, many, rate_text, short_name } from "../format.ts";
import type { RunningRequest } from "../protocol.ts";
import { phase_words } from "../words.ts";

export function Running({ requests, none_ever }: {
  requests: RunningRequest[];
  none_ever: boolean;
}) {
  return (
    <section class="card running" aria-labelledby="running-title">
      <h2 id="running-title">
        Running now {requests.length > 0 && <span class="count">{requests.length}</span>}
      </h2>
      {requests.length === 0 && none_ever && <NoneEver />}
      {requests.length === 0 && !none_ever && <p class="quiet">Nothing right now.</p>}
      <ul>
        {requests.map((request) => <RunningRow key={request.id} request={request} />)}
      </ul>
    </section>
  );
}

function NoneEver() {
  return (
    <div class="empty">
      <p>No request yet. In a folder with something to work on, start a session:</p>
      <pre><code>anyclaude</code></pre>
      <p>or one question:</p>
      <pre><code>anyclaude -- -p "What is this project?"</code></pre>
    </div>
  );
}

function RunningRow({ request }: { request: RunningRequest }) {
  return (
    <li class={`request ${request.phase}`}>
      <div class="line">
        <strong class="phase">{phase_words[request.phase] ?? request.phase}</strong>
        <span class="figures">{figures(request)}</span>
      </div>
      <PromptBar request={request} />
      <div class="line small">
        <Who session={request.session} agent={request.agent} who={request.key} />
        <span class="why" title={`${request.backend}: ${request.reason}`}>
          {request.backend && <b>{request.backend}:</b>} {request.reason}
        </span>
      </div>
    </li>
  );
}

function figures(request: RunningRequest): string {
  const told: string[] = [];
  if (request.phase === "prefill" && typeof request.eta_s === "number") {
    told.push(`${duration_text(request.eta_s)} left`);
  }
  if (request.phase === "decode") {
    told.push(many(request.output_tokens, "token"));
    if (request.tokens_per_s > 0) told.push(rate_text(request.tokens_per_s));
  }
  told.push(duration_text(request.seconds));
  return told.join(" · ");
}

// How far the prompt is read: what was known, what was read, what is left.
function PromptBar({ request }: { request: RunningRequest }) {
  const { prompt_tokens: all, prompt_tokens_done: done, prompt_tokens_reused: reused } = request;
  if (all === 0) return <progress class="unknown" aria-label="Prompt of unknown length" />;
  const width = (tokens: number): string => `${(100 * Math.min(tokens, all)) / all}%`;
  const words = `${count_text(done)} of ${many(all, "prompt token")} done, `
    + `${count_text(reused)} of them reused`;
  return (
    <>
      <div
        class="bar"
        role="progressbar"
        aria-label="Prompt"
        aria-valuemin={0}
        aria-valuemax={all}
        aria-valuenow={Math.min(done, all)}
        aria-valuetext={words}
      >
        <span class="reused" style={{ width: width(reused) }} />
        <span class="new" style={{ width: width(Math.max(0, done - reused)) }} />
      </div>
      <p class="small tokens">
        {count_text(all)} prompt tokens: <b class="reused">{count_text(reused)} reused</b>,{" "}
        <b class="new">{count_text(Math.max(0, all - reused))} new</b>
        {request.phase === "prefill" && `, ${count_text(Math.max(0, done - reused))} of them read`}
      </p>
    </>
  );
}

const owner = "owner"; // the name of the key that most servers have alone

export function Who({ session, agent, who, bare }: {
  session: string;
  agent: string;
  who: string; // the name of the key
  bare?: boolean; // where it says "session" above
}) {
  const told = [
    session && `${bare ? "" : "session "}${short_name(session)}`,
    agent && `agent ${short_name(agent)}`,
    who && who !== owner && `key ${short_name(who, 16)}`,
  ].filter(Boolean);
  const title = [session, agent, who].filter(Boolean).join("\n");
  const text = told.length > 0 ? told.join(" · ") : "no session";
  return <span class="who" title={title}>{text}</span>;
}
