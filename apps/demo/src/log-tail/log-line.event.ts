import { SseEvent, sseEvents } from 'nestjs-event-stream';

/**
 * One line of a node's file. The number counts on through rotation, so that a reader sees whether one is missing; each
 * process begins a series of its own.
 */
@SseEvent('log.line')
export class LogLine {
  constructor(
    readonly number: number,
    readonly text: string,
    readonly series: string,
  ) {}
}

/** What a page without a cursor starts from. */
@SseEvent('log.snapshot')
export class LogSnapshot {
  constructor(readonly lines: readonly LogLine[]) {}
}

const published = sseEvents({ 'log.line': LogLine });

/** What the route sends. */
export const logEvents = sseEvents({
  ...published.classes,
  'log.snapshot': LogSnapshot,
});

declare module 'nestjs-event-stream' {
  interface SseTopicMap {
    [topic: `demo.log.${string}`]: typeof published;
  }
}
