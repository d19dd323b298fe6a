// The dialogs that are open, the topmost last. A modal dialog lies above everything and makes the rest of the page
// unusable, so what must be seen and used beside it goes inside the topmost one.
class Dialogs {
  all = $state.raw<HTMLDialogElement[]>([]);

  get top(): HTMLDialogElement | null {
    return this.all.at(-1) ?? null;
  }

  opened(dialog: HTMLDialogElement): void {
    this.all = [...this.all.filter((other) => other !== dialog), dialog];
  }

  closed(dialog: HTMLDialogElement): void {
    this.all = this.all.filter((other) => other !== dialog);
  }
}

export const dialogs = new Dialogs();
