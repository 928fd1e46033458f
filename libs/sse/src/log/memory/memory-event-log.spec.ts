import { memoryEventLog } from 'nestjs-event-stream';
import { describeEventLog } from 'nestjs-event-stream/testing';

describeEventLog('the memory log', (retention) => memoryEventLog(retention), {
  retention: ['maxEvents', 'maxAgeMs', 'maxBytes', 'perPattern'],
});
