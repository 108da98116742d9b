// The key for the server: it comes with the link that `anyclaude dashboard` prints, or from the
// user, and stays in this tab.

import { kept_text } from "./kept_text.ts";

const kept = kept_text("anyclaude-key", () => sessionStorage);

// Takes the key out of the address, so that it gets into no bookmark and no history; false: there
// is none.
export function take_key_of_address(): boolean {
  const found = /(?:^#|&)key=([^&]*)/.exec(location.hash);
  if (!found) return false;
  try {
    keep_key(decodeURIComponent(found[1] ?? ""));
  } catch {
    keep_key(found[1] ?? ""); // a stray "%"; the server will say that the key is wrong
  }
  history.replaceState(null, "", location.pathname + location.search);
  return true;
}

export const kept_key = kept.get;
export const keep_key = kept.set;

// Headers carry no other characters; fetch would throw.
export const is_possible_key = (key: string): boolean => /^[\x21-\x7e]+$/.test(key);
