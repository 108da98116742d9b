import { useEffect, useRef, useState } from "preact/hooks";

import { is_possible_key, keep_key, kept_key } from "../key.ts";
import { connect } from "../store.ts";

export function KeyForm({ why }: { why: string }) {
  const [problem, set_problem] = useState(kept_key() === "" ? "" : why);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  // The form stays while another key is tried, and so hears of what came of it.
  const tried = useRef(why);
  useEffect(() => {
    if (tried.current !== why) set_problem(why);
    tried.current = why;
  }, [why]);

  const submit = (event: Event): void => {
    event.preventDefault();
    const key = input.current?.value.trim() ?? "";
    if (!is_possible_key(key)) {
      set_problem("A key has letters, digits and signs, and no spaces.");
      return;
    }
    keep_key(key);
    set_problem("");
    connect();
  };

  return (
    <section class="card key" aria-labelledby="key-title">
      <h2 id="key-title">Which key?</h2>
      <p>
        This server answers those alone who have its key. The
        command <code>anyclaude dashboard</code> prints a link that has it already. It is kept until
        this tab is closed.
      </p>
      <form onSubmit={submit}>
        <label for="key">The owner's key</label>
        <input
          ref={input}
          id="key"
          type="password"
          autocomplete="current-password"
          spellcheck={false}
          aria-invalid={problem !== "" ? true : undefined}
          aria-describedby="key-problem"
        />
        <p id="key-problem" class="problem" role="alert">{problem}</p>
        <button type="submit">Show the dashboard</button>
      </form>
    </section>
  );
}
