import { useState } from "preact/hooks";

import { useNow } from "../clock.ts";
import type { FinishedRequest } from "../protocol.ts";
import { useStore } from "../store.ts";
import { Backends } from "./backends.tsx";
import { Cache } from "./cache.tsx";
import { Header, Trouble } from "./header.tsx";
import { KeyForm } from "./key_form.tsx";
import { Log } from "./log.tsx";
import { NoticeBar } from "./notice.tsx";
import { RequestDetails } from "./request_details.tsx";
import { Requests } from "./requests.tsx";
import { ReuseChart } from "./reuse_chart.tsx";
import { Running } from "./running.tsx";
import { SavingsBar } from "./savings.tsx";

export function Page() {
  const state = useStore();
  const now_s = useNow();
  const [chosen, choose] = useState<FinishedRequest | null>(null);
  const none_ever = state.finished.length === 0;
  const locked = state.connection.is === "locked" ? state.connection : null;
  return (
    <>
      <a class="skip" href="#main">Skip to the content</a>
      <Header connection={state.connection} server={state.server} />
      <main id="main" tabIndex={-1}>
        {locked && <KeyForm why={locked.why} />}
        {!locked && <Trouble connection={state.connection} server={state.server} />}
        {!locked && !state.server && <p class="quiet">Waiting for the server.</p>}
        {!locked && state.server && (
          <>
            <SavingsBar savings={state.savings} />
            <div class="columns">
              <div class="stack">
                <Running requests={state.running} none_ever={none_ever} />
                {!none_ever && <ReuseChart requests={state.finished} on_choose={choose} />}
              </div>
              <Backends report={state.mode} />
            </div>
            <Requests
              requests={state.finished}
              count={state.finished_count}
              now_s={now_s}
              on_choose={choose}
            />
            <div class="columns">
              <Cache report={state.cache} known={state.cache_known} now_s={now_s} />
              <Log lines={state.log} now_s={now_s} />
            </div>
          </>
        )}
      </main>
      {chosen && <RequestDetails request={chosen} on_close={() => choose(null)} />}
      <NoticeBar />
    </>
  );
}
