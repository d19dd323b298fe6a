// Where a picture lies in its window: zoomed by `zoom`, its corner at (x, y).
export interface View {
  zoom: number;
  x: number;
  y: number;
}

export const LEAST = 0.1;
export const MOST = 32;
const clamp = (zoom: number) => Math.min(MOST, Math.max(LEAST, zoom));

/** The whole picture in the window, centred, with some room; small pictures are enlarged by at most `largest`. */
export function fitted(width: number, height: number, across: number, down: number, room = 24, largest = 16): View {
  const zoom = clamp(Math.min(largest, (across - 2 * room) / width, (down - 2 * room) / height));
  return { zoom, x: (across - width * zoom) / 2, y: (down - height * zoom) / 2 };
}

/** Zoomed so that the point (px, py) of the window stays where it is. */
export function zoomed(view: View, zoom: number, px: number, py: number): View {
  const next = clamp(zoom);
  const by = next / view.zoom;
  return { zoom: next, x: px - (px - view.x) * by, y: py - (py - view.y) * by };
}

export const toPicture = (view: View, px: number, py: number) => ({ x: (px - view.x) / view.zoom, y: (py - view.y) / view.zoom });
