import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { get_tree, pin } from "../api.ts";
import { bytes_text, count_text, many, share_text } from "../format.ts";
import type { CacheReport, CacheTree, TierReport } from "../protocol.ts";
import { biggest, rows_of, type Row } from "../tree.ts";
import { CacheRow } from "./cache_row.tsx";
import { notice } from "./notice.tsx";
import { PruneDialog } from "./prune_dialog.tsx";

const nodes_max = 2_000; // asked for
const rows_max = 300; // drawn; what is closed does not count
const biggest_shown = 20;
const open_at_first = 2; // levels
const load_interval_ms = 2_000; // the cache changes with every block; its tree need not follow

export function Cache({ report, known, now_s }: {
  report: CacheReport | null;
  known: boolean;
  now_s: number;
}) {
  return (
    <section class="card cache" aria-labelledby="cache-title">
      <h2 id="cache-title">Kept prompts</h2>
      {report ? (
        <KeptPrompts report={report} now_s={now_s} />
      ) : (
        <p class="quiet">
          {known
            ? "Nothing is kept here: this program computes no prompts itself in the mode it is in."
            : "Not known yet."}
        </p>
      )}
    </section>
  );
}

function KeptPrompts({ report, now_s }: { report: CacheReport; now_s: number }) {
  const { tree, problem, load } = useTree(report);
  const [by_size, set_by_size] = useState(false);
  return (
    <>
      <div class="tiers">
        <Tier name="Memory" tier={report.ram} where="" />
        <Tier name="Disk" tier={report.disk} where={report.folder} />
      </div>
      {report.problem && <p class="problem">Not written to the disk: {report.problem}</p>}
      {problem && <p class="problem" role="alert">{problem}</p>}
      {tree && tree.nodes.length === 0 && (
        <p class="quiet">
          Empty. What is read of a prompt is kept here, and the next prompt that begins the same way
          goes on from there.
        </p>
      )}
      {tree && tree.nodes.length > 0 && (
        <>
          <div class="views" role="group" aria-label="Order of the prompts">
            <button type="button" aria-pressed={!by_size} onClick={() => set_by_size(false)}>
              As a tree
            </button>
            <button type="button" aria-pressed={by_size} onClick={() => set_by_size(true)}>
              Biggest first
            </button>
          </div>
          <Tree tree={tree} by_size={by_size} now_s={now_s} on_change={load} />
        </>
      )}
    </>
  );
}

function Tier({ name, tier, where }: { name: string; tier: TierReport; where: string }) {
  const full = tier.bytes_max > 0 ? Math.min(1, tier.bytes / tier.bytes_max) : 0;
  return (
    <div class="tier">
      <div class="line">
        <h3>{name}</h3>
        <span>
          <b>{bytes_text(tier.bytes)}</b>{" "}
          {tier.bytes_max > 0 ? `of ${bytes_text(tier.bytes_max)}` : "(off)"}
        </span>
      </div>
      <span class="bar" role="img" aria-label={`${share_text(full, 1)} full`}>
        <span class="reused" style={{ width: `${100 * full}%` }} />
      </span>
      <p class="small" title={where}>
        {many(tier.tokens, "token")} in {many(tier.pieces, "piece")}
        {where && <span class="folder"> in {where}</span>}
      </p>
    </div>
  );
}

// The tree, asked for anew when the cache has changed.
function useTree(report: CacheReport) {
  const [tree, set_tree] = useState<CacheTree | null>(null);
  const [problem, set_problem] = useState("");
  const load = useCallback(async (): Promise<void> => {
    try {
      set_tree(await get_tree(nodes_max));
      set_problem("");
    } catch (error) {
      set_problem((error as Error).message);
    }
  }, []);
  const state = [report.ram.bytes, report.ram.pieces, report.disk.bytes, report.disk.pieces].join();
  const timer = useRef<number | undefined>(undefined);
  const loaded = useRef(false);
  useEffect(() => {
    if (timer.current !== undefined) return; // it will see this change too
    timer.current = window.setTimeout(() => {
      timer.current = undefined;
      loaded.current = true;
      void load();
    }, loaded.current ? load_interval_ms : 0);
  }, [state, load]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  return { tree, problem, load };
}

function Tree({ tree, by_size, now_s, on_change }: {
  tree: CacheTree;
  by_size: boolean;
  now_s: number;
  on_change: () => Promise<void>;
}) {
  const [turned, set_turned] = useState<ReadonlySet<string>>(new Set()); // against what is usual
  const [pruning, set_pruning] = useState<Row | null>(null);
  const rows = by_size
    ? biggest(tree.nodes, biggest_shown)
    : rows_of(tree.nodes, (id, depth) => (depth < open_at_first) !== turned.has(id));
  const turn = (row: Row): void => {
    const next = new Set(turned);
    if (!next.delete(row.first.id)) next.add(row.first.id);
    set_turned(next);
  };
  const set_pinned = async (row: Row): Promise<void> => {
    try {
      const { pinned } = await pin(row.last.id, !row.pinned);
      notice(pinned ? "Pinned: it stays until it is let go." : "No longer pinned.");
    } catch (error) {
      notice((error as Error).message);
    }
    await on_change();
  };
  const largest = Math.max(1, ...rows.map((row) => row.first.branch_bytes));
  const unseen = tree.count - tree.nodes.length;
  return (
    <>
      <ul class="tree scrolled" tabIndex={0} aria-label="Kept prompts">
        {rows.slice(0, rows_max).map((row) => (
          <CacheRow
            key={row.first.id}
            row={row}
            share={by_size ? 0 : row.first.branch_bytes / largest}
            now_s={now_s}
            on_turn={() => turn(row)}
            on_pin={() => void set_pinned(row)}
            on_prune={() => set_pruning(row)}
          />
        ))}
      </ul>
      {rows.length > rows_max && (
        <p class="quiet">{count_text(rows.length - rows_max)} more: close some to see them.</p>
      )}
      {unseen > 0 && <p class="quiet">{many(unseen, "smaller piece")} not shown.</p>}
      {pruning && (
        <PruneDialog
          row={pruning}
          on_close={() => set_pruning(null)}
          on_pruned={(bytes) => {
            set_pruning(null);
            notice(`Thrown out; ${bytes_text(bytes)} are free again.`);
            void on_change();
          }}
        />
      )}
    </>
  );
}
