import { makePayload, type Payload } from '../harness/payload.js';

export interface BurstOptions {
  readonly events: number;
  /** The size of a payload as JSON. */
  readonly bytes: number;
  /** Publishes that may be unanswered at a time. */
  readonly inFlight: number;
  /** Milliseconds between two publishes; 0 for none. */
  readonly pauseMs?: number;
}

/** Publishes so many events, and resolves when all of them are acknowledged. */
export async function publishBurst(
  publish: (payload: Payload) => Promise<unknown>,
  { events, bytes, inFlight, pauseMs = 0 }: BurstOptions,
): Promise<void> {
  let left = events;
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      await publish(makePayload(bytes));
      if (pauseMs > 0)
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
}
