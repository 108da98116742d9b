import { count_text, duration_text, many, share_text, short_count } from "../format.ts";
import type { FeedEvents, Savings } from "../protocol.ts";
import { no_savings } from "../state.ts";

export function SavingsBar({ savings }: { savings: FeedEvents["savings"] | null }) {
  const { today, all } = savings ?? { today: no_savings, all: no_savings };
  return (
    <section class="savings" aria-label="Saved">
      <Saved title="Saved today, estimated" savings={today} main />
      <Saved title="Saved in all, estimated" savings={all} />
      <Figure
        title="Reused today"
        value={share_text(today.reused_tokens, today.prompt_tokens)}
        below={today.prompt_tokens === 0
          ? "of the tokens of prompts"
          : `of ${short_count(today.prompt_tokens)} prompt tokens`}
      />
      <Figure
        title="Requests today"
        value={count_text(today.requests)}
        below={`${count_text(all.requests)} in all`}
      />
    </section>
  );
}

function Saved({ title, savings, main }: { title: string; savings: Savings; main?: boolean }) {
  const below = savings.saved_s > 0
    ? `${many(savings.reused_tokens, "token")} not read again`
    : "a prompt that comes again is not read again";
  const value = duration_text(savings.saved_s);
  return <Figure title={title} value={value} below={below} main={main ?? false} />;
}

function Figure({ title, value, below, main }: {
  title: string;
  value: string;
  below: string;
  main?: boolean;
}) {
  return (
    <div class={main ? "card figure main" : "card figure"}>
      <h2>{title}</h2>
      <p class="value">{value}</p>
      <p class="below">{below}</p>
    </div>
  );
}
