import { subjectOf } from './log-stream.js';
import { isOutrun } from './nats-errors.js';
import type { NatsLink } from './nats-link.js';

/** The subject of the messages behind which a new epoch begins; no topic has this form. */
export function markerSubject(stream: string): string {
  return subjectOf(stream, '$epoch');
}

/**
 * The message of the stream behind which an epoch begins for all nodes; posts it if nobody has. Without it, nodes that
 * hear of the epoch at different times would give one event different ids.
 */
export async function markEpoch(
  { js, jsm }: NatsLink,
  stream: string,
  epoch: string,
): Promise<number> {
  const subject = markerSubject(stream);
  for (;;) {
    const newest = await jsm.streams.getMessage(stream, {
      last_by_subj: subject,
    });
    if (newest?.string() === epoch) return newest.seq;
    try {
      const { seq } = await js.publish(subject, epoch, {
        expect: {
          streamName: stream,
          lastSubjectSequence: newest?.seq ?? 0,
        },
      });
      return seq;
    } catch (error) {
      // Another node was faster.
      if (!isOutrun(error)) throw error;
    }
  }
}
