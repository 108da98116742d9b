// A text that outlives a reload; where the browser lets pages keep nothing, as some users want it,
// it lasts as long as the page.

export interface KeptText {
  get: () => string; // empty: none
  set: (text: string) => void;
}

// `storage` throws where it is blocked.
export function kept_text(name: string, storage: () => Storage): KeptText {
  let here = "";
  return {
    get: () => {
      try {
        return storage().getItem(name) ?? "";
      } catch {
        return here;
      }
    },
    set: (text) => {
      here = text;
      try {
        if (text === "") storage().removeItem(name);
        else storage().setItem(name, text);
      } catch {
        // `here` has it
      }
    },
  };
}
