// Dark, light, or as the system says.
import { read, write } from "./storage";

export type Theme = "system" | "light" | "dark";
const NEXT: Record<Theme, Theme> = { system: "dark", dark: "light", light: "system" };

class ThemeStore {
  chosen = $state<Theme>(read<Theme>("theme", "system"));

  constructor() {
    this.apply();
  }

  turn(): void {
    this.chosen = NEXT[this.chosen] ?? "system";
    write("theme", this.chosen);
    this.apply();
  }

  private apply(): void {
    if (this.chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.chosen;
  }
}

export const theme = new ThemeStore();
