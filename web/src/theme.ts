// Light or dark: as the system says, or as the user has chosen.

import { kept_text } from "./kept_text.ts";

export type Theme = "system" | "light" | "dark";

const kept = kept_text("anyclaude-theme", () => localStorage);
const system_is_dark = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

export function chosen_theme(): Theme {
  const theme = kept.get();
  return theme === "light" || theme === "dark" ? theme : "system";
}

export function choose_theme(theme: Theme): void {
  kept.set(theme === "system" ? "" : theme);
  show_theme();
}

// Pico's colours follow the attribute, and the system where it is absent.
export function show_theme(): void {
  const theme = chosen_theme();
  if (theme === "system") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.dataset["theme"] = theme;
  for (const listener of listeners) listener();
}

// For what is drawn with colours that were read, as charts are. Returns what ends it.
export function on_theme_change(listener: () => void): () => void {
  listeners.add(listener);
  system_is_dark.addEventListener("change", listener);
  return () => {
    listeners.delete(listener);
    system_is_dark.removeEventListener("change", listener);
  };
}

// The colour that a variable of the style sheet stands for now.
export function colour(variable: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${variable})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
