import { jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { bareResponses } from './bare-response.js';
import type { Contestant } from './contestant.js';
import { publishBurst, type BurstOptions } from './publishing.js';

const STREAM = 'bare';

/** A loop that a person writes by hand: acknowledged publishes, and one ordered consumer. */
export async function start({ url }: { url: string }): Promise<Contestant> {
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({
    name: STREAM,
    subjects: [`${STREAM}.>`],
    storage: StorageType.Memory,
    max_msgs: 100_000,
  });
  const client = jetstream(connection);
  const { write, ...served } = await bareResponses();
  const consumer = await client.consumers.get(STREAM);
  let turn: string[] = [];
  await consumer.consume({
    max_messages: 1000,
    callback: (message) => {
      // What one read of the socket brings goes out together, as ours does.
      if (turn.push(message.string()) > 1) return;
      setImmediate(() => {
        write(turn);
        turn = [];
      });
    },
  });
  const publish = (payload: object): Promise<unknown> =>
    client.publish(`${STREAM}.events`, JSON.stringify(payload));
  return {
    ...served,
    publish: (payload) => void publish(payload),
    calls: {
      burst: (options: BurstOptions) => publishBurst(publish, options),
    },
  };
}
