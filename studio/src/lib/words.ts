// Tokens are pieces of words; people read words. A piece that begins with a space (or its mark) begins a word, and so
// does what follows a comma; commas and the like are shown in no word.

export interface Word {
  pieces: string[];
  known: boolean;
  read: boolean;
}

const BETWEEN = /[,;:!?()[\]"“”…、。，；：！？]+|\.+$/u;

export function wordsOf(tokens: readonly { text: string; known: boolean; read: boolean }[]): Word[] {
  const words: Word[] = [];
  const begin = () => words[words.push({ pieces: [], known: true, read: true }) - 1]!;
  for (const { text, known, read } of tokens) {
    let word = /^[\s\u2581]/.test(text) ? begin() : (words.at(-1) ?? begin());
    for (const [k, piece] of text.replace(/^[\s\u2581]+/, "").split(BETWEEN).entries()) {
      if (k > 0) word = begin();
      if (!piece) continue;
      word.pieces.push(piece);
      word.known &&= known;
      word.read &&= read;
    }
  }
  return words.filter((word) => word.pieces.length > 0);
}
