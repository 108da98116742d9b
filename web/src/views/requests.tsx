import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import {
  ago_text, count_text, duration_text, many, moment_text, share_text, short_count,
} from "../format.ts";
import type { FinishedRequest } from "../protocol.ts";
import { load_history } from "../store.ts";
import { rows_in_sight } from "../window.ts";
import { went_wrong, why_text } from "../words.ts";
import { Who } from "./running.tsx";

const narrow = window.matchMedia("(max-width: 48rem)");
const row_px = (): number => (narrow.matches ? 64 : 34);
const columns = [
  "When", "Session", "Answered by", "Prompt", "Reused", "What was new", "Answer", "First token",
  "Saved",
];
const rows_asked_ahead = 100; // before the end of what is known comes into sight

export function Requests({ requests, count, now_s, on_choose }: {
  requests: FinishedRequest[]; // newest first
  count: number; // of all that the server keeps
  now_s: number;
  on_choose: (request: FinishedRequest) => void;
}) {
  return (
    <section class="card requests" aria-labelledby="requests-title">
      <h2 id="requests-title">
        Requests {count > 0 && <span class="count">{count_text(count)}</span>}
      </h2>
      {requests.length === 0 ? (
        <p class="quiet">
          Each answered request will stand here, with what of its prompt was known already and where
          it became new.
        </p>
      ) : (
        <RequestTable requests={requests} count={count} now_s={now_s} on_choose={on_choose} />
      )}
    </section>
  );
}

function useRowHeight(): number {
  const [height, set_height] = useState(row_px());
  useEffect(() => {
    const listener = (): void => set_height(row_px());
    narrow.addEventListener("change", listener);
    return () => narrow.removeEventListener("change", listener);
  }, []);
  return height;
}

function RequestTable({ requests, count, now_s, on_choose }: {
  requests: FinishedRequest[];
  count: number;
  now_s: number;
  on_choose: (request: FinishedRequest) => void;
}) {
  const height = useRowHeight();
  const scroller = useRef<HTMLDivElement>(null);
  const [scrolled, set_scrolled] = useState({ top: 0, height: 400 });
  const measure = (): void => {
    const { current } = scroller;
    if (current) set_scrolled({ top: current.scrollTop, height: current.clientHeight });
  };
  useLayoutEffect(measure, []);

  // What one reads stays in its place when newer rows come in above it.
  const newest = requests[0]?.number ?? 0;
  const newest_before = useRef(newest);
  useLayoutEffect(() => {
    const added = newest - newest_before.current;
    newest_before.current = newest;
    const { current } = scroller;
    if (current && added > 0 && current.scrollTop > 0) current.scrollTop += added * height;
  }, [newest, height]);

  const rows = rows_in_sight(scrolled.top, scrolled.height, height, requests.length);
  useEffect(() => {
    if (requests.length < count && rows.end + rows_asked_ahead > requests.length) {
      void load_history();
    }
  }, [rows.end, requests.length, count]);

  return (
    <div
      class="table"
      role="table"
      ref={scroller}
      tabIndex={0}
      aria-labelledby="requests-title"
      aria-rowcount={count + 1}
      onScroll={measure}
    >
      <div role="rowgroup" class="head">
        <div role="row" aria-rowindex={1} class="row">
          {columns.map((title) => <span key={title} role="columnheader">{title}</span>)}
        </div>
      </div>
      <div
        role="rowgroup"
        class="all"
        style={{ height: `${requests.length * height}px`, paddingTop: `${rows.first * height}px` }}
      >
        {requests.slice(rows.first, rows.end).map((request, index) => (
          <RequestRow
            key={request.number}
            request={request}
            index={rows.first + index + 2}
            height={height}
            now_s={now_s}
            on_choose={on_choose}
          />
        ))}
      </div>
    </div>
  );
}

function RequestRow({ request, index, height, now_s, on_choose }: {
  request: FinishedRequest;
  index: number;
  height: number;
  now_s: number;
  on_choose: (request: FinishedRequest) => void;
}) {
  const { prompt_tokens: all, prompt_tokens_reused: reused } = request;
  return (
    <div
      role="row"
      aria-rowindex={index}
      class={went_wrong(request) ? "row failed" : "row"}
      style={{ height: `${height}px` }}
      onClick={() => on_choose(request)}
    >
      <span role="cell" class="when">
        <button type="button" class="plain" title={moment_text(request.ended_s)}>
          {ago_text(request.ended_s, now_s)}
        </button>
      </span>
      <span role="cell" class="from">
        <Who session={request.session} agent={request.agent} who={request.key} bare />
      </span>
      <span role="cell" class="backend" title={`${request.backend}: ${request.reason}`}>
        {request.backend}
      </span>
      <span role="cell" class="prompt" title={many(all, "token")}>
        {all > 0 ? short_count(all) : "–"}
      </span>
      <span role="cell" class="share">
        <ShareBar reused={reused} all={all} /> <span>{share_text(reused, all)}</span>
      </span>
      <WhyCell request={request} />
      <span role="cell" class="answer">
        {went_wrong(request) ? "–" : many(request.output_tokens, "token")}
      </span>
      <span role="cell" class="first">
        {request.first_token_s > 0 ? duration_text(request.first_token_s) : "–"}
      </span>
      <span role="cell" class="saved">
        {request.saved_s > 0 ? (
          <><span class="unit">saved </span>{duration_text(request.saved_s)}</>
        ) : "–"}
      </span>
    </div>
  );
}

function WhyCell({ request }: { request: FinishedRequest }) {
  if (went_wrong(request)) {
    return (
      <span role="cell" class="why problem" title={request.error}>
        Failed: {request.error || "no reason was given"}
      </span>
    );
  }
  const text = why_text(request.why, request.new_from);
  return <span role="cell" class="why" title={text}>{text || "–"}</span>;
}

function ShareBar({ reused, all }: { reused: number; all: number }) {
  const share = all > 0 ? (100 * reused) / all : 0;
  return (
    <span class="bar" aria-hidden="true">
      <span class="reused" style={{ width: `${share}%` }} />
      <span class="new" style={{ width: `${all > 0 ? 100 - share : 0}%` }} />
    </span>
  );
}
