// What was done, to be undone and done again. A step knows both ways itself; the list only remembers the order.

export interface Change {
  undo(): void;
  redo(): void;
}

export class History {
  private done: Change[] = [];
  private undone: Change[] = [];

  /** Keeps at least the last `most` changes. */
  constructor(readonly most = 100) {}

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  get length(): number {
    return this.done.length;
  }

  /** Remembers a change that has been made. What was undone before is gone. */
  push(change: Change): void {
    this.done.push(change);
    if (this.done.length > this.most) this.done.shift();
    this.undone = [];
  }

  undo(): boolean {
    const change = this.done.pop();
    if (!change) return false;
    change.undo();
    this.undone.push(change);
    return true;
  }

  redo(): boolean {
    const change = this.undone.pop();
    if (!change) return false;
    change.redo();
    this.done.push(change);
    return true;
  }

  clear(): void {
    this.done = [];
    this.undone = [];
  }
}
