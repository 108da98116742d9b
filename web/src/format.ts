// Numbers and times as people read them.

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(undefined, {
  notation: "compact", maximumSignificantDigits: 3,
});
const tenths = new Intl.NumberFormat(undefined, {
  minimumFractionDigits: 1, maximumFractionDigits: 1,
});
const parts = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 0 });
const ago = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export const count_text = (value: number): string => whole.format(value);
export const short_count = (value: number): string => short.format(value);

export function share_text(part: number, all: number): string {
  if (all <= 0) return "–";
  const share = part / all;
  // Neither all nor nothing unless it is so.
  if (share < 1 && share > 0.994) return `>${percent.format(0.99)}`;
  if (share > 0 && share < 0.005) return `<${percent.format(0.01)}`;
  return percent.format(share);
}

export function bytes_text(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit + 1 < units.length) {
    value /= 1024;
    unit += 1;
  }
  return `${parts.format(value)} ${units[unit]}`;
}

export function duration_text(seconds: number): string {
  if (seconds <= 0) return "0 s";
  if (seconds < 1) return `${whole.format(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${tenths.format(seconds)} s`;
  const rounded = Math.round(seconds);
  if (rounded < 60) return `${rounded} s`;
  if (rounded < 3600) return two_units(rounded, 60, "min", "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return two_units(minutes, 60, "h", "min");
  return two_units(Math.round(seconds / 3600), 24, "d", "h");
}

function two_units(value: number, size: number, large: string, small: string): string {
  const rest = value % size;
  const front = `${whole.format(Math.floor(value / size))} ${large}`;
  return rest === 0 ? front : `${front} ${rest} ${small}`;
}

export function rate_text(tokens_per_s: number): string {
  const number = tokens_per_s < 100 ? tenths : whole;
  return `${number.format(tokens_per_s)} tokens/s`;
}

export function ago_text(then_s: number, now_s: number): string {
  const seconds = Math.max(0, now_s - then_s);
  if (seconds < 5) return "just now";
  if (seconds < 60) return ago.format(-Math.floor(seconds), "second");
  if (seconds < 3600) return ago.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 86400) return ago.format(-Math.floor(seconds / 3600), "hour");
  return ago.format(-Math.floor(seconds / 86400), "day");
}

export const moment_text = (time_s: number): string => moment.format(time_s * 1000);

// Names that clients make up are long and random; their beginning tells them apart.
export function short_name(name: string, letters = 8): string {
  return name.length <= letters + 2 ? name : `${name.slice(0, letters)}…`;
}

export function many(count: number, one: string, more = `${one}s`): string {
  return `${count_text(count)} ${count === 1 ? one : more}`;
}
