import { ago_text, bytes_text, many, moment_text } from "../format.ts";
import type { Row } from "../tree.ts";

const depth_max = 8; // that is shown; deeper rows stand where these do

export function title_of(row: Row): string {
  // Its words are those of the prompt that came first; others begin the same way.
  if (row.forks > 0) return row.words ? `Shared, first by: ${row.words}` : "Shared by prompts";
  return row.words || "A beginning without words of a user";
}

export function CacheRow({ row, share, now_s, on_turn, on_pin, on_prune }: {
  row: Row;
  share: number; // of the largest branch, for the bar; 0: none is drawn
  now_s: number;
  on_turn: () => void;
  on_pin: () => void;
  on_prune: () => void;
}) {
  const title = title_of(row);
  const told = [
    row.pinned && "pinned",
    many(row.tokens, "token"),
    row.bytes_disk > 0 && `${bytes_text(row.bytes_disk)} on disk`,
    row.bytes_ram > 0 && `${bytes_text(row.bytes_ram)} in memory`,
    row.hits > 0 ? `used ${many(row.hits, "time")}` : "not used again yet",
    row.first.sharing && `for ${row.first.sharing}`,
    row.last.below > 0 && `${many(row.last.below, "piece")} below not shown`,
  ].filter(Boolean);
  return (
    <li class="node" style={{ "--depth": Math.min(row.depth, depth_max) }}>
      {row.forks > 0 ? (
        <button
          type="button"
          class="plain turn"
          aria-expanded={row.open}
          aria-label={`${row.open ? "Close" : "Open"}: ${title}`}
          onClick={on_turn}
        >
          {row.open ? "▾" : "▸"}
        </button>
      ) : (
        <span class="turn" aria-hidden="true">·</span>
      )}
      <div class="what">
        <p class={row.words && row.forks === 0 ? "words" : "words quiet"} title={title}>{title}</p>
        <p class="small" title={row.first.model}>
          {told.join(" · ")} ·{" "}
          <time title={moment_text(row.last_used_s)}>{ago_text(row.last_used_s, now_s)}</time>
        </p>
        {share > 0 && (
          <span class="bar" aria-hidden="true">
            <span class="reused" style={{ width: `${100 * share}%` }} />
          </span>
        )}
      </div>
      <span class="branch" title="With all that goes on from it">
        {bytes_text(row.first.branch_bytes)}
      </span>
      <button
        type="button"
        class="small"
        aria-pressed={row.pinned}
        aria-label={`Pin: ${title}`}
        title={row.pinned ? "Let it go again" : "Keep it, whatever else comes"}
        onClick={on_pin}
      >
        Pin
      </button>
      <button type="button" class="small" aria-label={`Prune: ${title}`} onClick={on_prune}>
        Prune
      </button>
    </li>
  );
}
