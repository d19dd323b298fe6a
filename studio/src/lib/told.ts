// What the steps of a training say of its loss and speed, "loss 0.128 · 43 images/s · …" (jobs/train.py), as points of
// its charts. Steps come several times a second; the server stores them with the next event that
// matters. Their speed is the mean of the session so far, that of a record the mean since the record before.
export interface Told {
  seen: number;
  loss: number;
  speed: number;
}

const SAID = /^loss (-?\d+(?:\.\d+)?) · (\d+(?:\.\d+)?) images\/s/;
const MOST = 2000; // beyond, every other one is dropped

/** The points with that of another step; what was told of later ones counts no more, for a run may have been set back. */
export function told(before: Told[], seen: number, message: string): Told[] {
  const said = SAID.exec(message);
  if (!said) return before;
  const kept = before.filter((one) => one.seen < seen);
  const room = kept.length < MOST ? kept : kept.filter((_, k) => k % 2 === 0);
  return [...room, { seen, loss: Number(said[1]), speed: Number(said[2]) }];
}
