// Which rows of a long list are drawn: those in sight and some beside them.

export interface Rows {
  first: number;
  end: number; // behind the last one
}

export const rows_beside = 12; // drawn above and below what is in sight

export function rows_in_sight(
  scrolled_px: number, height_px: number, row_px: number, count: number,
): Rows {
  if (row_px <= 0 || count <= 0) return { first: 0, end: 0 };
  const top = Math.max(0, Math.floor(scrolled_px / row_px) - rows_beside);
  const bottom = Math.ceil((scrolled_px + Math.max(0, height_px)) / row_px) + rows_beside;
  const end = Math.min(count, bottom);
  return { first: Math.min(top, end), end };
}
