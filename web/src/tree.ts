// The cache's tree: its nodes in the order in which they are drawn.

import type { CacheNode } from "./protocol.ts";

// A stretch of the tree without a fork: one node, or several behind each other.
export interface Stretch {
  first: CacheNode; // to prune from
  last: CacheNode; // to pin
  words: string;
  tokens: number;
  bytes_ram: number;
  bytes_disk: number;
  pinned: boolean;
  hits: number;
  last_used_s: number;
}

export interface Row extends Stretch {
  depth: number;
  forks: number; // stretches that go on behind it
  open: boolean;
}

const by_size = (a: CacheNode, b: CacheNode): number =>
  b.branch_bytes - a.branch_bytes || b.last_used_s - a.last_used_s;

// By the id of the parent; a node whose parent was not sent hangs below "".
function children_of(nodes: readonly CacheNode[]): Map<string, CacheNode[]> {
  const known = new Set(nodes.map((node) => node.id));
  const below = new Map<string, CacheNode[]>();
  for (const node of nodes) {
    const parent = known.has(node.parent) ? node.parent : "";
    const siblings = below.get(parent);
    if (siblings) siblings.push(node);
    else below.set(parent, [node]);
  }
  for (const siblings of below.values()) siblings.sort(by_size);
  return below;
}

function stretch_from(first: CacheNode, below: Map<string, CacheNode[]>): Stretch {
  const stretch: Stretch = { ...first, first, last: first };
  for (;;) {
    const next = below.get(stretch.last.id);
    if (next?.length !== 1 || stretch.last.below > 0) return stretch;
    const [node] = next as [CacheNode];
    stretch.last = node;
    stretch.words = node.words || stretch.words;
    stretch.tokens += node.tokens;
    stretch.bytes_ram += node.bytes_ram;
    stretch.bytes_disk += node.bytes_disk;
    stretch.pinned ||= node.pinned;
    stretch.hits = Math.max(stretch.hits, node.hits);
    stretch.last_used_s = Math.max(stretch.last_used_s, node.last_used_s);
  }
}

// What hangs below the stretches that are open, the largest branch first.
export function rows_of(
  nodes: readonly CacheNode[], is_open: (id: string, depth: number) => boolean,
): Row[] {
  const below = children_of(nodes);
  const rows: Row[] = [];
  // A stack in place of recursion: however deep a conversation forks.
  const stack = [...(below.get("") ?? [])].reverse().map((node) => ({ node, depth: 0 }));
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { depth } = next;
    const stretch = stretch_from(next.node, below);
    const children = below.get(stretch.last.id) ?? [];
    const open = children.length > 0 && is_open(stretch.first.id, depth);
    rows.push({ ...stretch, depth, forks: children.length, open });
    if (open) for (const node of [...children].reverse()) stack.push({ node, depth: depth + 1 });
  }
  return rows;
}

const own_bytes = (stretch: Stretch): number => Math.max(stretch.bytes_ram, stretch.bytes_disk);

// The stretches that take most room, wherever they stand.
export function biggest(nodes: readonly CacheNode[], count: number): Row[] {
  return rows_of(nodes, () => true)
    .map((row) => ({ ...row, depth: 0, open: false }))
    .sort((a, b) => own_bytes(b) - own_bytes(a))
    .slice(0, count);
}
