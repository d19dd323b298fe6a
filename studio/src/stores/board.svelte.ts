// The one canvas of the studio: it stays as it is while other pages are open.
import { Board } from "../components/canvas/board.svelte";

export const board = new Board();
