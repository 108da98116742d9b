// The time, for what is told relative to it; moves on often enough for that.

import { useEffect, useState } from "preact/hooks";

const every_ms = 5_000;

export function useNow(interval_ms = every_ms): number {
  const [now_ms, set_now] = useState(Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => set_now(Date.now()), interval_ms);
    return () => window.clearInterval(timer);
  }, [interval_ms]);
  return now_ms / 1000;
}
