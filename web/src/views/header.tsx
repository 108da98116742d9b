import { useState } from "preact/hooks";

import { useNow } from "../clock.ts";
import { many, share_text } from "../format.ts";
import type { ModelInfo, ServerInfo } from "../protocol.ts";
import type { Connection } from "../state.ts";
import { connect } from "../store.ts";
import { choose_theme, chosen_theme, type Theme } from "../theme.ts";

const connection_words: Record<Connection["is"], string> = {
  connecting: "Connecting",
  live: "Live",
  lost: "Connection lost",
  locked: "Key needed",
};

export function Header({ connection, server }: {
  connection: Connection;
  server: ServerInfo | null;
}) {
  const models = server?.models ?? [];
  return (
    <header class="top">
      <h1>
        <img src="/assets/favicon.svg" alt="" width="22" height="22" /> AnyClaude
        {server && <small class="version">{server.version}</small>}
      </h1>
      <p class="models" title={models.map(words_of_model).join("\n")}>
        {models.map(({ id, loaded }) => (loaded ? id : `${id} (not loaded)`)).join(", ")}
      </p>
      <span class={`chip connection ${connection.is}`} role="status">
        {connection_words[connection.is]}
      </span>
      <ThemeChoice />
    </header>
  );
}

const words_of_model = ({ id, description, loaded }: ModelInfo): string =>
  `${id}: ${description}${loaded ? "" : " (not loaded)"}`;

const themes: { theme: Theme; words: string }[] = [
  { theme: "system", words: "Colours: system" },
  { theme: "light", words: "Colours: light" },
  { theme: "dark", words: "Colours: dark" },
];

function ThemeChoice() {
  const [theme, set_theme] = useState(chosen_theme());
  return (
    <select
      class="theme"
      aria-label="Colours"
      value={theme}
      onChange={(event) => {
        const chosen = event.currentTarget.value as Theme;
        choose_theme(chosen);
        set_theme(chosen);
      }}
    >
      {themes.map(({ theme: value, words }) => (
        <option key={value} value={value}>{words}</option>
      ))}
    </select>
  );
}

// What stands between the user and the server: a connection that is gone, a model that is loading.
export function Trouble({ connection, server }: {
  connection: Connection;
  server: ServerInfo | null;
}) {
  if (connection.is === "lost") return <Lost connection={connection} />;
  if (connection.is === "live" && server && !server.ready) {
    return (
      <div class="banner">
        <p>
          Not ready yet: {server.what}
          {server.progress > 0 && `, ${share_text(server.progress, 1)}`}
        </p>
        <progress
          aria-label={server.what || "starting"}
          max={1}
          value={server.progress > 0 ? server.progress : undefined}
        />
      </div>
    );
  }
  return null;
}

function Lost({ connection }: { connection: Extract<Connection, { is: "lost" }> }) {
  const now_s = useNow(500);
  const wait_s = Math.max(0, Math.ceil(connection.retry_at_ms / 1000 - now_s));
  return (
    <div class="banner warn">
      <p>
        {connection.why} What you see below may be old.{" "}
        {wait_s > 0 ? `Trying again in ${many(wait_s, "second")}.` : "Trying again."}
      </p>
      <button type="button" class="small" onClick={connect}>Try now</button>
    </div>
  );
}

