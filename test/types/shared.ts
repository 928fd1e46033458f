// What the compiler knows of a stream that tabs share.
import { SharedEventStream } from 'nestjs-event-stream-client/shared';

export function shared() {
  const stream = new SharedEventStream<{ price: { amount: number } }>(
    '/prices',
    { shareAs: 'prices', persist: sessionStorage },
  );
  stream.role satisfies 'leader' | 'follower';
  stream.onRole((role) => role satisfies 'leader' | 'follower');
  stream.on('price', ({ data }) => data.amount satisfies number);
  // @ts-expect-error -- no such event
  stream.on('cost', () => undefined);
}
