import { useState } from "preact/hooks";

import { prune } from "../api.ts";
import { bytes_text, many } from "../format.ts";
import type { Row } from "../tree.ts";
import { title_of } from "./cache_row.tsx";
import { Dialog } from "./dialog.tsx";

export function PruneDialog({ row, on_close, on_pruned }: {
  row: Row;
  on_close: () => void;
  on_pruned: (bytes: number) => void;
}) {
  const [problem, set_problem] = useState("");
  const [busy, set_busy] = useState(false);
  const throw_out = async (): Promise<void> => {
    set_busy(true);
    try {
      const { bytes } = await prune(row.first.id);
      on_pruned(bytes);
    } catch (error) {
      set_problem((error as Error).message);
      set_busy(false);
    }
  };
  return (
    <Dialog title="Throw this out?" on_close={on_close}>
      <p class="words">{title_of(row)}</p>
      <p>
        This stretch of {many(row.tokens, "token")} and all that goes on from it,{" "}
        {bytes_text(row.first.branch_bytes)}, is deleted from memory and disk. A later prompt that
        begins with it is read again; what the model has loaded of it now stays until it needs room.
      </p>
      {problem && <p class="problem" role="alert">{problem}</p>}
      <div class="line end">
        <button type="button" autofocus onClick={on_close}>Keep it</button>
        <button type="button" class="danger" disabled={busy} onClick={() => void throw_out()}>
          Throw it out
        </button>
      </div>
    </Dialog>
  );
}
