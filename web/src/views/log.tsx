import { ago_text, moment_text } from "../format.ts";
import type { LogLine } from "../protocol.ts";

export function Log({ lines, now_s }: { lines: LogLine[]; now_s: number }) {
  return (
    <section class="card log" aria-labelledby="log-title">
      <h2 id="log-title">Errors and warnings</h2>
      {lines.length === 0 ? (
        <p class="quiet">None since the server started.</p>
      ) : (
        <ol class="scrolled" tabIndex={0} aria-labelledby="log-title">
          {lines.map((line) => (
            <li key={line.number} class={line.level}>
              <b>{line.level === "error" ? "Error" : "Warning"}</b>{" "}
              <time title={moment_text(line.time_s)}>{ago_text(line.time_s, now_s)}</time>
              <p>{line.text}</p>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
