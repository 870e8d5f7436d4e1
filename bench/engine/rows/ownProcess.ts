/**
 * @file Our own processes for the rows without peers, on the peers' core. One that does not start is an error.
 */
import { PeerProcess } from "../../peerProcess.ts";
import { CORE, contestant, SUITE } from "../trainingRows.ts";

export const NO_PEER = { suite: SUITE, peer: null, peerName: null, ratio: null } as const;

export async function withOurs<T>(args: readonly string[], work: (ours: PeerProcess) => Promise<T>): Promise<T> {
  const ours = await startOurs(...args);
  try {
    return await work(ours);
  } finally {
    ours.stop();
  }
}

export async function startOurs(...args: readonly string[]): Promise<PeerProcess> {
  const ours = await PeerProcess.start(contestant("ownMeasures.js", ...args), CORE);
  if (!(ours instanceof PeerProcess)) throw new Error(`${args.join(" ")}: ${ours.missing}`);
  return ours;
}
