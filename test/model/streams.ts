import {
  Controller,
  Param,
  UseInterceptors,
  type DynamicModule,
} from '@nestjs/common';
import {
  EventBusService,
  memoryEventLog,
  pattern,
  SseStream,
  type BusStreamOptions,
  type SseMessage,
  type StreamEvent,
} from 'nestjs-event-stream';
import {
  concatMap,
  delay,
  endWith,
  ignoreElements,
  merge,
  mergeMap,
  of,
  share,
  Subject,
  takeUntil,
} from 'rxjs';
import { appOf } from '../support/app-of.js';
import { PassThroughInterceptor } from '../support/pass-through.interceptor.js';
import type { StreamModel } from './oracle.js';

export const TOPICS = ['a', 'b', 'p.x', 'p.y', 'noisy.x'] as const;

const SELECTIONS = {
  one: ['a'],
  noisy: ['noisy.x'],
  two: ['a', 'b'],
  three: ['a', 'p.x', 'noisy.x'],
  pattern: ['p.*'],
  mixed: ['b', 'p.*'],
} as const;

export type Selection = keyof typeof SELECTIONS;
/** How the events of a stream come to the client. */
export const WAYS = [
  'direct',
  'filter',
  'map',
  'snapshot',
  'snapshot-rows',
  'operator',
  'late-operator',
  'holding-operator',
  'interceptor',
] as const;

export type Way = (typeof WAYS)[number];

export const ALL_SELECTIONS = Object.keys(SELECTIONS) as readonly Selection[];

/** The id of the newest event, for snapshots that say up to where they go. */
export const newest: { id: string | undefined } = { id: undefined };

/** Events are numbers followed by padding. */
const numberOf = ({ data }: StreamEvent): number =>
  Number.parseInt(data as string, 10);
const isEven = (event: StreamEvent): boolean => numberOf(event) % 2 === 0;

export function modelOf(selection: Selection, way: Way): StreamModel {
  const names: readonly string[] = SELECTIONS[selection];
  const topics = names.filter((name) => !name.includes('*'));
  return {
    topics,
    hasPatterns: topics.length < names.length,
    hasSnapshot: way.startsWith('snapshot'),
    covers: (topic) =>
      topics.includes(topic) ||
      (names.includes('p.*') && topic.startsWith('p.')),
    passes: (number) => way !== 'filter' || number % 2 === 0,
  };
}

/** Fills the sockets of streams while their operators hold something. */
export const filler = new Subject<SseMessage>();

@Controller()
class ModelController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('interceptor/:selection')
  @UseInterceptors(PassThroughInterceptor)
  intercepted(@Param('selection') selection: Selection) {
    return this.#open(selection);
  }

  @SseStream(':way/:selection', {
    slowConsumer: { maxBufferedBytes: 32 * 1024 * 1024 },
  })
  watch(@Param('selection') selection: Selection, @Param('way') way: Way) {
    switch (way) {
      case 'filter':
        return this.#open(selection, { filter: isEven });
      case 'map':
        return this.#open(selection, { map: ({ data }) => ({ data }) });
      case 'snapshot':
        return this.#open(selection, {
          snapshot: () => ({ data: 'state', after: newest.id }),
        });
      case 'snapshot-rows':
        return this.#open(selection, {
          *snapshot() {
            for (let row = 0; row < 5; row++)
              yield { type: 'snapshot', data: row };
          },
        });
      case 'operator':
        return this.#open(selection).pipe(
          concatMap(({ data }) => of({ data })),
        );
      case 'late-operator':
        return this.#open(selection).pipe(
          concatMap((event) =>
            of({ ...event, data: event.data }).pipe(delay(1)),
          ),
        );
      case 'holding-operator':
        return this.#holding(selection);
      default:
        return this.#open(selection);
    }
  }

  /** Beside a source that fills the socket, until the bus stream ends. */
  #holding(selection: Selection) {
    const held = this.#open(selection).pipe(
      mergeMap((event) => of({ ...event, data: event.data }).pipe(delay(150))),
      share(),
    );
    const isOver = held.pipe(ignoreElements(), endWith(true));
    return merge(held, filler.pipe(takeUntil(isOver)));
  }

  #open(selection: Selection, options: BusStreamOptions = {}) {
    const target = SELECTIONS[selection].map((name) =>
      name.includes('*') ? pattern(name) : name,
    );
    return this.bus.stream(target, options);
  }
}

export interface ModelOptions {
  readonly maxEvents: number;
  readonly maxNoisyEvents: number;
  readonly fastPath: boolean;
  readonly compression: boolean;
}

export function moduleOf({
  maxEvents,
  maxNoisyEvents,
  fastPath,
  compression,
}: ModelOptions): DynamicModule {
  return appOf([ModelController], {
    fastPath,
    compression: compression && {},
    heartbeat: { intervalMs: 100 },
    log: memoryEventLog({
      maxEvents,
      perPattern: { 'noisy.>': { maxEvents: maxNoisyEvents } },
    }),
  });
}
