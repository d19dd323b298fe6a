// Which page is open: the part of the address after `#`, so that back and forward work. Nothing else is in the address.
export const PAGES = ["create", "canvas", "gallery", "explain", "train"] as const;
export type Page = (typeof PAGES)[number];

const named = (): Page => PAGES.find((page) => `#${page}` === location.hash) ?? "create";

class Route {
  page = $state<Page>(named());

  constructor() {
    addEventListener("hashchange", () => (this.page = named()));
  }

  go(page: Page): void {
    location.hash = page;
    this.page = page;
  }
}

export const route = new Route();
