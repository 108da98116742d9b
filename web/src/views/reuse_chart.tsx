import {
  BarController, BarElement, CategoryScale, Chart, LinearScale, Tooltip,
} from "chart.js";
import { useEffect, useRef } from "preact/hooks";

import { count_text, many, short_count } from "../format.ts";
import type { FinishedRequest } from "../protocol.ts";
import { colour, on_theme_change } from "../theme.ts";
import { why_text } from "../words.ts";

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

const bars_max = 60;

// Read anew when light becomes dark; the chart asks for them at each update.
const colours = { reused: "", fresh: "", text: "", line: "" };

function read_colours(): void {
  colours.reused = colour("--reused");
  colours.fresh = colour("--new");
  colours.text = colour("--quiet");
  colours.line = colour("--line");
}

type ReuseBars = Chart<"bar", number[], number>;

// Prompt tokens of the last requests, the newest at the right: what was reused, and what was new.
export function ReuseChart({ requests, on_choose }: {
  requests: FinishedRequest[]; // newest first
  on_choose: (request: FinishedRequest) => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const chart = useRef<ReuseBars | null>(null);
  const shown = useRef<FinishedRequest[]>([]);
  const choose = useRef(on_choose);
  choose.current = on_choose;
  shown.current = requests.slice(0, bars_max).reverse();
  const newest = requests[0]?.number;
  const oldest = shown.current[0]?.number;

  useEffect(() => {
    if (!canvas.current) return;
    chart.current = make_chart(canvas.current, shown, choose);
    const end = on_theme_change(() => {
      read_colours();
      chart.current?.update("none");
    });
    return () => {
      end();
      chart.current?.destroy();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    if (chart.current) fill(chart.current, shown.current);
  }, [newest, oldest]);

  return (
    <section class="card chart" aria-labelledby="chart-title">
      <div class="line">
        <h2 id="chart-title">Prompts of the last requests</h2>
        <p class="legend small">
          <span class="swatch reused" /> reused tokens <span class="swatch new" /> new tokens
        </p>
      </div>
      <div class="canvas">
        <canvas ref={canvas} role="img" aria-label={description(shown.current)} />
      </div>
    </section>
  );
}

function description(shown: FinishedRequest[]): string {
  const reused = shown.reduce((sum, request) => sum + request.prompt_tokens_reused, 0);
  const all = shown.reduce((sum, request) => sum + request.prompt_tokens, 0);
  return `Prompt tokens of the last ${many(shown.length, "request")}: `
    + `${count_text(reused)} reused of ${count_text(all)}. The table of requests has each.`;
}

function make_chart(
  canvas: HTMLCanvasElement,
  shown: { current: FinishedRequest[] },
  choose: { current: (request: FinishedRequest) => void },
): ReuseBars {
  const bars = { stack: "prompt", maxBarThickness: 28, categoryPercentage: 0.9 };
  read_colours();
  return new Chart(canvas, {
    type: "bar",
    data: {
      labels: [],
      datasets: [
        { label: "reused", data: [], backgroundColor: () => colours.reused, ...bars },
        { label: "new", data: [], backgroundColor: () => colours.fresh, ...bars },
      ],
    },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      onClick: (_event, elements) => {
        const request = shown.current[elements[0]?.index ?? -1];
        if (request) choose.current(request);
      },
      scales: {
        x: {
          stacked: true,
          ticks: { display: false },
          grid: { display: false },
          border: { display: false },
        },
        y: {
          stacked: true,
          beginAtZero: true,
          border: { display: false },
          grid: { color: () => colours.line },
          ticks: {
            color: () => colours.text,
            maxTicksLimit: 5,
            callback: (value) => short_count(Number(value)),
          },
        },
      },
      plugins: {
        tooltip: {
          callbacks: {
            title: (items) => tooltip_title(shown.current[items[0]?.dataIndex ?? -1]),
            label: (item) => `${count_text(Number(item.raw))} ${item.dataset.label}`,
            footer: (items) => tooltip_footer(shown.current[items[0]?.dataIndex ?? -1]),
          },
        },
      },
    },
  });
}

const tooltip_title = (request: FinishedRequest | undefined): string =>
  request ? `${many(request.prompt_tokens, "prompt token")}, ${request.backend}` : "";

const tooltip_footer = (request: FinishedRequest | undefined): string =>
  request ? why_text(request.why, request.new_from) : "";

function fill(chart: ReuseBars, shown: FinishedRequest[]): void {
  chart.data.labels = shown.map((request) => request.number);
  const [reused, fresh] = chart.data.datasets;
  if (reused) reused.data = shown.map((request) => request.prompt_tokens_reused);
  if (fresh) {
    fresh.data = shown.map((request) => request.prompt_tokens - request.prompt_tokens_reused);
  }
  chart.update("none");
}
