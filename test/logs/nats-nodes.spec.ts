import { natsEventLog } from 'nestjs-event-stream/nats';
import { startNats } from '../support/nats.js';
import { describeNodes } from '../support/nodes.js';

describeNodes('one JetStream log', async () => {
  const { url } = await startNats();
  return { log: () => natsEventLog({ servers: url }) };
});
