// A picture on its way from one page to another.
import { route, type Page } from "./route.svelte";

class Handoff {
  picture = $state.raw<{ blob: Blob; name: string; prompt: string } | null>(null);

  async send(url: string, name: string, prompt: string, page: Page = "canvas"): Promise<void> {
    const response = await fetch(url, { credentials: "same-origin" });
    if (!response.ok) throw new Error(`The picture could not be read (${response.status}).`);
    this.picture = { blob: await response.blob(), name, prompt };
    route.go(page);
  }

  take(): { blob: Blob; name: string; prompt: string } | null {
    const given = this.picture;
    this.picture = null;
    return given;
  }
}

export const handoff = new Handoff();
