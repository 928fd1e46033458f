export { natsEventLog, type NatsEventLogOptions } from './nats-event-log.js';
