import {
  Controller,
  Injectable,
  Logger,
  Param,
  Post,
  Scope,
  SetMetadata,
  type INestApplication,
} from '@nestjs/common';
import { jest } from '@jest/globals';
import { IsInt } from 'class-validator';
import {
  EventBusService,
  pattern,
  PublishTo,
  SseEvent,
  SseStream,
} from 'nestjs-event-stream';
import { lastValueFrom, of, throwError, toArray } from 'rxjs';
import { appOf } from '../support/app-of.js';
import { PLATFORMS, startApplication } from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';

@SseEvent('parcel.weighed')
class ParcelWeighed {
  @IsInt() grams: number;

  constructor(grams: number) {
    this.grams = grams;
  }
}

const NOT_VALID = new ParcelWeighed(1.5);

@Injectable()
class Scales {
  readonly calls: string[] = [];

  @PublishTo('parcels.1')
  @SetMetadata('unit', 'grams')
  async weigh(grams: number): Promise<ParcelWeighed | undefined> {
    this.calls.push('weigh');
    if (grams < 0) throw new Error('No such weight');
    return grams === 0 ? undefined : new ParcelWeighed(grams);
  }

  @PublishTo((_result: ParcelWeighed, id: number) =>
    id === 0 ? undefined : `parcels.${id}`,
  )
  async weighOne(_id: number) {
    return new ParcelWeighed(1);
  }

  @PublishTo('parcels.1', {
    event: ({ kilos }: { kilos: number }) => new ParcelWeighed(kilos * 1_000),
    messageId: ({ kilos }) => `kilos-${kilos}`,
  })
  async weighInKilos() {
    return { kilos: 2 };
  }

  @PublishTo('parcels.1')
  weighMany(grams: number[]) {
    return of(...grams.map((one) => new ParcelWeighed(one)));
  }

  @PublishTo('parcels.1')
  break() {
    return throwError(() => new Error('Out of order'));
  }

  @PublishTo('parcels.1')
  async reject() {
    return NOT_VALID;
  }

  @PublishTo('parcels.1', { onFailure: 'log' })
  async log() {
    return NOT_VALID;
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScalesOfRequest extends Scales {}

@Controller('parcels')
class ParcelsController {
  constructor(private readonly bus: EventBusService) {}

  @Post(':id')
  @PublishTo((_result: ParcelWeighed, id: string) => `parcels.${id}`)
  async weigh(@Param('id') _id: string) {
    return new ParcelWeighed(5);
  }

  @SseStream()
  watch() {
    return this.bus.stream(pattern('parcels.*'));
  }
}

describe.each(PLATFORMS)('@PublishTo() on %s', (platform) => {
  let app: INestApplication;
  let url: string;
  let scales: Scales;
  let client: SseTestClient;

  beforeAll(async () => {
    const module = appOf([ParcelsController], {}, [Scales, ScalesOfRequest]);
    const started = await startApplication(platform, module);
    ({ app, url } = started);
    scales = app.get(Scales);
    client = await started.open('/parcels');
    await client.untilType('stream-live');
  });

  /** The weights that arrived since the last call, once all that was published before has. */
  async function published(): Promise<number[]> {
    await app.get(EventBusService).publish('parcels.end', 'end');
    const isEnd = ({ data }: { data: string | undefined }) => data === 'end';
    await client.until(({ events }) => events.some(isEnd));
    const events = client.blocks.splice(0).filter(({ data }) => data);
    return events
      .filter(({ type }) => type === 'parcel.weighed')
      .map(({ data }) => (JSON.parse(data!) as ParcelWeighed).grams);
  }

  it('publishes what a Promise gives, and gives it to the caller', async () => {
    expect(await scales.weigh(42)).toEqual({ grams: 42 });
    expect(await published()).toEqual([42]);
  });

  it('publishes nothing for a method that fails, or that gives nothing', async () => {
    await expect(scales.weigh(-1)).rejects.toThrow('No such weight');
    await expect(lastValueFrom(scales.break())).rejects.toThrow('Out of order');
    expect(await scales.weigh(0)).toBeUndefined();
    expect(await published()).toEqual([]);
  });

  it('makes the topic of the result and the arguments, and publishes nothing without one', async () => {
    await scales.weighOne(7);
    await scales.weighOne(0);
    expect(await published()).toEqual([1]);
  });

  it('makes the event of the result, once for each messageId', async () => {
    expect(await scales.weighInKilos()).toEqual({ kilos: 2 });
    expect(await scales.weighInKilos()).toEqual({ kilos: 2 });
    expect(await published()).toEqual([2_000]);
  });

  it('publishes each value of an Observable before its subscriber has it', async () => {
    const values = await lastValueFrom(
      scales.weighMany([1, 2, 3]).pipe(toArray()),
    );
    expect(values).toHaveLength(3);
    expect(await published()).toEqual([1, 2, 3]);
  });

  it('fails the method whose result cannot be published, unless it is to be logged', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
    await expect(scales.reject()).rejects.toMatchObject({
      code: 'INVALID_EVENT',
    });
    expect(error).not.toHaveBeenCalled();
    expect(await scales.log()).toBe(NOT_VALID);
    expect(error.mock.calls[0]![0]).toMatch(
      /^What Scales\.log\(\) gave was not published: ParcelWeighed is not valid/,
    );
    error.mockRestore();
    expect(await published()).toEqual([]);
  });

  it('works in request-scoped classes, and in those that extend another', async () => {
    const ofRequest = await app.resolve(ScalesOfRequest);
    await ofRequest.weigh(8);
    expect(await published()).toEqual([8]);
  });

  it('works on a route, which answers as without it', async () => {
    const response = await fetch(`${url}/parcels/9`, { method: 'POST' });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ grams: 5 });
    expect(await published()).toEqual([5]);
  });

  it('keeps what other decorators say of the method', () => {
    expect(Reflect.getMetadata('unit', scales.weigh)).toBe('grams');
    expect([scales.weigh.name, scales.weigh.length]).toEqual(['weigh', 1]);
  });

  it('refuses to begin in an instance that Nest has not made', () => {
    const own = new Scales();
    const call = () => own.weigh(1);
    expect(call).toThrow('Scales.weigh() is to publish what it returns');
    expect(own.calls).toEqual([]);
  });
});
