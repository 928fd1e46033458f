import { natsEventLog } from 'nestjs-event-stream/nats';
import { describeProcesses } from '../support/faults/processes.js';
import { startNats } from '../support/nats.js';

describeProcesses('one JetStream log', async () => {
  const { url: servers } = await startNats();
  return {
    engine: 'nats',
    options: { servers },
    log: () => natsEventLog({ servers }),
  };
});
