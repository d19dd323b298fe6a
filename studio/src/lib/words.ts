// Tokens are pieces of words; people read words. A piece that begins with a space (or its mark) begins a word.

export interface Word {
  pieces: string[];
  known: boolean;
  read: boolean;
}

export function wordsOf(tokens: readonly { text: string; known: boolean; read: boolean }[]): Word[] {
  const words: Word[] = [];
  for (const { text, known, read } of tokens) {
    const begins = /^[\s\u2581]/.test(text);
    const piece = text.replace(/^[\s\u2581]+/, "");
    const last = words.at(-1);
    if (begins || !last) words.push({ pieces: piece ? [piece] : [], known, read });
    else {
      last.pieces.push(piece);
      last.known &&= known;
      last.read &&= read;
    }
  }
  return words.filter((word) => word.pieces.length > 0);
}
