// Pictures on the server, newest first, in pages: the strip of the Create page and the gallery each hold one list.
import { api } from "../lib/api";
import type { Picture, PictureQuery } from "../lib/api-types";
import { notices } from "./notices.svelte";

const PAGE = 60;

export class PictureList {
  all = $state.raw<Picture[]>([]);
  loading = $state(false);
  more = $state(true);
  private next: string | number | null = null;
  private asked: PictureQuery = {};
  private turn = 0;

  async start(asked: PictureQuery): Promise<void> {
    this.asked = asked;
    this.next = null;
    this.more = true;
    const turn = ++this.turn;
    await this.page(turn, true);
  }

  async further(): Promise<void> {
    if (this.more && !this.loading) await this.page(this.turn, false);
  }

  private async page(turn: number, fresh: boolean): Promise<void> {
    this.loading = true;
    try {
      const before = this.next ?? undefined;
      const answer = await api.pictures({ ...this.asked, limit: PAGE, ...(before === undefined ? {} : { before }) });
      if (turn !== this.turn) return; // another search has begun meanwhile
      const known = new Set(fresh ? [] : this.all.map((picture) => picture.id));
      this.all = [...(fresh ? [] : this.all), ...answer.pictures.filter((picture) => !known.has(picture.id))];
      this.next = answer.next;
      this.more = answer.next !== null && answer.next !== undefined && answer.pictures.length > 0;
    } catch (error) {
      this.more = false;
      notices.fail(error);
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  }

  /** Newest pictures that have come since, put in front. */
  async refresh(): Promise<void> {
    try {
      const answer = await api.pictures({ ...this.asked, limit: PAGE });
      const fresh = new Set(answer.pictures.map((picture) => picture.id));
      this.all = [...answer.pictures, ...this.all.filter((picture) => !fresh.has(picture.id))];
    } catch {
      // the next refresh will bring them
    }
  }

  async star(picture: Picture): Promise<void> {
    const starred = !picture.starred;
    this.replace({ ...picture, starred });
    try {
      await api.star(picture.id, starred);
    } catch (error) {
      this.replace(picture);
      notices.fail(error);
    }
  }

  async remove(pictures: readonly Picture[], said = true): Promise<void> {
    const ids = new Set(pictures.map((picture) => picture.id));
    const [before, turn] = [this.all, this.turn];
    this.all = this.all.filter((picture) => !ids.has(picture.id));
    try {
      for (const picture of pictures) await api.remove(picture.id);
    } catch (error) {
      this.all = before;
      notices.fail(error);
      return;
    }
    if (!said) return;
    notices.say(pictures.length === 1 ? "Picture moved to the trash." : `${pictures.length} pictures moved to the trash.`, {
      label: "Undo",
      run: () => void this.bringBack(pictures, before, turn),
    });
  }

  /** Out of the trash; what was shown before is shown again, unless something else was asked for since that turn. */
  async bringBack(pictures: readonly Picture[], before: Picture[] | null, turn = this.turn): Promise<void> {
    try {
      for (const picture of pictures) await api.restore(picture.id);
      if (turn !== this.turn) await this.start(this.asked);
      else if (before) this.all = before;
      else this.all = this.all.filter((picture) => !pictures.includes(picture));
    } catch (error) {
      notices.fail(error);
    }
  }

  private replace(picture: Picture): void {
    this.all = this.all.map((other) => (other.id === picture.id ? picture : other));
  }
}
