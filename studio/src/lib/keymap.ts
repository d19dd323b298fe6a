// Every key of the studio in one table: what the help sheet shows, what may be changed, what must not clash.
// `mod` is Ctrl, or Command on a Mac. A scope is a place where the keys mean something.

export type Scope = "everywhere" | "prompt" | "viewer" | "recall" | "canvas";
export interface Action {
  id: string;
  scope: Scope;
  label: string;
  keys: string[];
  inText?: boolean; // also while a text field has the focus
}

const act = (scope: Scope, id: string, label: string, keys: string, inText = false): Action => ({
  id, scope, label, keys: keys.split(" "), inText,
});

export const ACTIONS: readonly Action[] = [
  act("everywhere", "generate", "Make the picture", "mod+Enter mod+Shift+Enter", true),
  act("everywhere", "skip", "Skip the running job", "Alt+Enter", true),
  act("everywhere", "stop", "Stop the running job; Esc closes what is open first", "Escape Shift+x"),
  act("everywhere", "clear-queue", "Stop all jobs", "mod+Shift+x"),
  act("everywhere", "page-1", "Create", "1"),
  act("everywhere", "page-2", "Canvas", "2"),
  act("everywhere", "page-3", "Gallery", "3"),
  act("everywhere", "page-4", "Explain", "4"),
  act("everywhere", "page-5", "Train", "5"),
  act("everywhere", "panel", "Show or hide the panel of settings", "g t o f"),
  act("everywhere", "queue", "Show the queue", "q"),
  act("everywhere", "focus-prompt", "Go to the prompt", "Alt+a", true),
  act("everywhere", "undo", "Undo", "mod+z"),
  act("everywhere", "help", "This sheet", "?"),
  act("prompt", "heavier", "Selection or word: weigh more", "mod+ArrowUp", true),
  act("prompt", "lighter", "Selection or word: weigh less", "mod+ArrowDown", true),
  act("prompt", "chunk-left", "Move the part between commas left", "Alt+ArrowLeft", true),
  act("prompt", "chunk-right", "Move the part between commas right", "Alt+ArrowRight", true),
  act("prompt", "prompt-older", "Earlier prompt", "Alt+ArrowUp", true),
  act("prompt", "prompt-newer", "Later prompt", "Alt+ArrowDown", true),
  act("viewer", "next", "Next picture", "ArrowRight"),
  act("viewer", "previous", "Previous picture", "ArrowLeft"),
  act("viewer", "save", "Save the file", "s"),
  act("viewer", "star", "Star", "."),
  act("viewer", "details", "How it was made", "i"),
  act("viewer", "compare", "Compare: another way of looking", "m"),
  act("viewer", "swap", "Compare: swap the two", "c"),
  act("viewer", "delete", "Move to the trash", "Delete"),
  act("recall", "recall-all", "Use everything", "a"),
  act("recall", "recall-seed", "Use the seed", "Shift+s"),
  act("recall", "recall-prompt", "Use the prompts", "p"),
  act("recall", "recall-remix", "Use all but the seed", "r"),
  act("recall", "recall-size", "Use the size", "d"),
  act("canvas", "brush", "Brush", "b"),
  act("canvas", "eraser", "Eraser", "e"),
  act("canvas", "lasso", "Lasso", "l"),
  act("canvas", "rect", "Rectangle", "u"),
  act("canvas", "hand", "Hand: move the view", "h v"),
  act("canvas", "crop-box", "Show or hide the part that is worked on", "c"),
  act("canvas", "smaller", "Smaller brush", "["),
  act("canvas", "larger", "Larger brush", "]"),
  act("canvas", "swap-colour", "Other colour of the mask", "x"),
  act("canvas", "invert", "Invert the mask", "Shift+v"),
  act("canvas", "clear", "Clear the mask", "Shift+c"),
  act("canvas", "redo", "Redo", "mod+Shift+z mod+y"),
  act("canvas", "fit", "Fit into the view", "mod+0"),
  act("canvas", "zoom-1", "100 %", "mod+1"),
  act("canvas", "zoom-2", "200 %", "mod+2"),
  act("canvas", "zoom-3", "400 %", "mod+3"),
  act("canvas", "zoom-4", "800 %", "mod+4"),
  act("canvas", "keep", "Keep the result", "Enter"),
];

export const SCOPES: Record<Scope, string> = {
  everywhere: "Everywhere", prompt: "In the prompt", viewer: "Viewer", recall: "Recall (viewer)", canvas: "Canvas",
};

/** The name of a pressed key: `mod+Shift+z`, `?`, `ArrowLeft`; Shift is named only where it is not in the letter. */
export function pressed(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">): string {
  const letter = event.key.length === 1;
  const key = letter ? event.key.toLowerCase() : event.key;
  const shift = event.shiftKey && (!letter || /[a-z]/.test(key));
  return [event.ctrlKey || event.metaKey ? "mod" : "", event.altKey ? "Alt" : "", shift ? "Shift" : "", key]
    .filter(Boolean).join("+");
}

const TOGETHER: Record<Scope, Scope[]> = {
  everywhere: ["everywhere", "prompt", "viewer", "recall", "canvas"],
  prompt: ["everywhere", "prompt"],
  viewer: ["everywhere", "viewer", "recall"],
  recall: ["everywhere", "viewer", "recall"],
  canvas: ["everywhere", "canvas"],
};

/** The action that has this key where `action` works, if another one does. */
export function clash(actions: readonly Action[], action: Action, key: string): Action | null {
  return actions.find((other) =>
    other.id !== action.id && TOGETHER[action.scope].includes(other.scope) && other.keys.includes(key)) ?? null;
}

const NAMES: Record<string, string> = {
  ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", Delete: "Del", mod: "Ctrl",
};

export const shown = (key: string): string[] =>
  key.split(/\+(?=.)/).map((part) => NAMES[part] ?? (part.length === 1 ? part.toUpperCase() : part));
