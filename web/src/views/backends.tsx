import { useState } from "preact/hooks";

import { set_mode } from "../api.ts";
import { count_text, duration_text, many, rate_text } from "../format.ts";
import type { BackendReport, ModeReport } from "../protocol.ts";
import { mode_text } from "../words.ts";
import { notice } from "./notice.tsx";

export function Backends({ report }: { report: ModeReport | null }) {
  return (
    <section class="card backends" aria-labelledby="backends-title">
      <h2 id="backends-title">Who answers</h2>
      {report ? <Modes report={report} /> : <p class="quiet">Not known yet.</p>}
      {report && report.servers.length > 0 && (
        <ul class="servers" aria-label="Backends">
          {report.servers.map((server) => <Backend key={server.name} server={server} />)}
        </ul>
      )}
    </section>
  );
}

function Modes({ report }: { report: ModeReport }) {
  const [asked, set_asked] = useState("");
  const [problem, set_problem] = useState("");
  const choose = async (mode: string): Promise<void> => {
    set_asked(mode);
    set_problem("");
    try {
      await set_mode(mode);
      notice(`The next request goes by mode ${mode}.`);
    } catch (error) {
      set_problem((error as Error).message);
    } finally {
      set_asked("");
    }
  };
  return (
    <>
      <div class="modes" role="group" aria-label="Mode">
        {report.modes.map((mode) => (
          <button
            key={mode}
            type="button"
            aria-pressed={mode === report.mode}
            aria-busy={mode === asked ? true : undefined}
            title={mode_text(mode)}
            onClick={() => mode !== report.mode && void choose(mode)}
          >
            {mode}
          </button>
        ))}
      </div>
      <p class="small">
        {mode_text(report.mode)}. Another mode takes effect with the next request.
      </p>
      {problem && <p class="problem" role="alert">{problem}</p>}
    </>
  );
}

function health(server: BackendReport): { kind: string; words: string } {
  if (server.failing) return { kind: "bad", words: "failing, gets nothing for a while" };
  if (server.ready) return { kind: "good", words: "ready" };
  if (!server.open) return { kind: "off", words: "asked when its mode is chosen" };
  return { kind: "bad", words: "not ready" };
}

function Backend({ server }: { server: BackendReport }) {
  const { kind, words } = health(server);
  const can = [
    server.tools ? "tools" : "tools told in words",
    server.images && "images",
    server.context_tokens > 0 && `${count_text(server.context_tokens)} tokens of context`,
  ].filter(Boolean);
  // Before its first answer they are what the router assumes.
  const measured = server.answers > 0;
  const rates = [
    server.in_flight > 0 && many(server.in_flight, "request") + " now",
    measured && `first token after ${duration_text(server.first_token_s)}`,
    measured && server.token_s > 0 && rate_text(1 / server.token_s),
    measured && `learned from ${many(server.answers, "answer")}`,
  ].filter(Boolean);
  return (
    <li class={kind}>
      <div class="line">
        <strong title={server.name}>{server.name}</strong>
        <span class={`chip ${kind}`}>{words}</span>
      </div>
      {server.model && <p class="small" title={server.model}>{server.model}</p>}
      <p class="small address" title={server.address}>{server.address}</p>
      {!server.ready && server.what && <p class="small what">{server.what}</p>}
      {(server.open || server.ready) && <p class="small">{can.join(" · ")}</p>}
      {rates.length > 0 && <p class="small">{rates.join(" · ")}</p>}
    </li>
  );
}
