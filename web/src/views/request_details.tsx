import type { ComponentChildren } from "preact";

import { count_text, duration_text, many, moment_text, share_text } from "../format.ts";
import type { FinishedRequest, SectionTokens } from "../protocol.ts";
import { stop_text, why_sentence } from "../words.ts";
import { Dialog } from "./dialog.tsx";

const sections: (keyof SectionTokens)[] = ["tools", "instructions", "context", "messages"];

export function RequestDetails({ request, on_close }: {
  request: FinishedRequest;
  on_close: () => void;
}) {
  const { prompt_tokens: all, prompt_tokens_reused: reused } = request;
  const who = [request.backend, request.reason].filter(Boolean).join(": ");
  return (
    <Dialog title="One request" on_close={on_close}>
      {request.error && <p class="problem">{request.error}</p>}
      {all > 0 && <WhatWasNew request={request} />}
      {request.sections && <Sections tokens={request.sections} reused={reused} />}
      <dl>
        <Fact name="Ended">{moment_text(request.ended_s)}</Fact>
        <Fact name="Answered by">{who}</Fact>
        <Fact name="Model">{request.model}</Fact>
        <Fact name="Session">{request.session}</Fact>
        <Fact name="Agent">{request.agent}</Fact>
        <Fact name="Key">{request.key}</Fact>
        <Fact name="Answer">
          {many(request.output_tokens, "token") + (request.stop && `, ${stop_text(request.stop)}`)}
        </Fact>
        <Fact name="First token">
          {request.first_token_s > 0 ? `after ${duration_text(request.first_token_s)}` : ""}
        </Fact>
        <Fact name="Took">{duration_text(request.seconds)}</Fact>
        <Fact name="Saved">{request.saved_s > 0 ? duration_text(request.saved_s) : ""}</Fact>
        <Fact name="Request">{request.id}</Fact>
      </dl>
    </Dialog>
  );
}

function WhatWasNew({ request }: { request: FinishedRequest }) {
  const { prompt_tokens: all, prompt_tokens_reused: reused } = request;
  return (
    <>
      <p>
        <b class="reused">{count_text(reused)} tokens reused</b> and{" "}
        <b class="new">{count_text(Math.max(0, all - reused))} new</b>, of a prompt of{" "}
        {many(all, "token")} ({share_text(reused, all)} reused).
      </p>
      <p>
        {why_sentence(request.why)}
        {request.new_from && <> What is new begins at <b>{request.new_from}</b>.</>}
      </p>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  if (children === "" || children === null) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

// The prompt from its beginning to its end, and how much of each part was known.
function Sections({ tokens, reused }: { tokens: SectionTokens; reused: number }) {
  const all = sections.reduce((sum, section) => sum + tokens[section], 0);
  if (all === 0) return null;
  let begin = 0;
  return (
    <table class="sections">
      <thead>
        <tr>
          <th scope="col">Part of the prompt</th>
          <th scope="col" class="number">Tokens</th>
          <th scope="col" class="number">Reused</th>
          <th scope="col"><span class="hidden">Share</span></th>
        </tr>
      </thead>
      <tbody>
        {sections.map((section) => {
          const own = tokens[section];
          const known = Math.min(own, Math.max(0, reused - begin));
          const left = (100 * begin) / all;
          begin += own;
          return (
            <tr key={section}>
              <th scope="row">{section}</th>
              <td class="number">{count_text(own)}</td>
              <td class="number">{count_text(known)}</td>
              <td class="place" aria-hidden="true">
                <span class="bar">
                  <span style={{ width: `${left}%` }} />
                  <span class="reused" style={{ width: `${(100 * known) / all}%` }} />
                  <span class="new" style={{ width: `${(100 * (own - known)) / all}%` }} />
                </span>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
