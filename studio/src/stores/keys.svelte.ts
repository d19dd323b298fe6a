// Who listens to which key now. Pages and dialogs name actions; the table says which keys those are, and a person may
// change them. What was registered last is asked first, so a dialog goes before the page under it.
import { ACTIONS, clash, pressed, type Action } from "../lib/keymap";
import { read, write } from "./storage";

type Handlers = Partial<Record<string, (event: KeyboardEvent) => void | false>>;

const TEXT = new Set(["text", "search", "number", "url", "email", "password", "tel"]);

export function inText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return TEXT.has(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

interface Layer {
  handlers: Handlers;
  dialog: boolean;
}

class Keys {
  changed = $state<Record<string, string[]>>(read<Record<string, string[]>>("keys", {}));
  private layers: Layer[] = [];

  get actions(): Action[] {
    return ACTIONS.map((action) => ({ ...action, keys: this.changed[action.id] ?? action.keys }));
  }

  listen(): () => void {
    const heard = (event: KeyboardEvent) => this.heard(event);
    addEventListener("keydown", heard);
    return () => removeEventListener("keydown", heard);
  }

  /** Handlers by action; returns how to take them away. A handler that returns false has not handled it. */
  on(handlers: Handlers, dialog = false): () => void {
    const layer = { handlers, dialog };
    this.layers = [layer, ...this.layers];
    return () => {
      this.layers = this.layers.filter((other) => other !== layer);
    };
  }

  /** Gives an action another key, unless that has a meaning there; says with which action it clashes. */
  change(id: string, key: string): Action | null {
    const action = this.actions.find((one) => one.id === id);
    if (!action) return null;
    const other = clash(this.actions, action, key);
    if (!other) {
      this.changed = { ...this.changed, [id]: [key] };
      write("keys", this.changed);
    }
    return other;
  }

  forget(): void {
    this.changed = {};
    write("keys", {});
  }

  private heard(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return;
    const key = pressed(event);
    const writing = inText(event.target);
    const meant = this.actions.filter((action) => action.keys.includes(key) && (!writing || action.inText));
    if (meant.length === 0 || (key === "Enter" && interactive(event.target)) || rangeArrow(event, key)) return;
    const behind = document.querySelector("dialog[open]") !== null;
    for (const layer of this.layers) {
      if (behind && !layer.dialog) continue;
      for (const action of meant) {
        const handler = layer.handlers[action.id];
        if (handler && handler(event) !== false) {
          event.preventDefault();
          return;
        }
      }
    }
  }
}

const interactive = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.closest("button, a, summary, input, select, dialog") !== null;

const rangeArrow = (event: KeyboardEvent, key: string) =>
  key.startsWith("Arrow") && event.target instanceof HTMLInputElement;

export const keys = new Keys();
