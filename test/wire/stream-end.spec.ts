import { Controller, Param, Query } from '@nestjs/common';
import { EventBusService, pattern, SseStream } from 'nestjs-event-stream';
import { concat, from, NEVER, of } from 'rxjs';
import { appOf } from '../support/app-of.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

@Controller()
class EndingController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('list/:name')
  list(@Param('name') name: string) {
    return from([name]);
  }

  @SseStream('topic/:name')
  topic(@Param('name') name: string) {
    return this.bus.stream(`topic.${name}`);
  }

  @SseStream('two/:name')
  two(@Param('name') name: string) {
    return this.bus.stream([`topic.${name}-1`, `topic.${name}-2`]);
  }

  @SseStream('pattern/:name')
  pattern(@Param('name') name: string) {
    return this.bus.stream(pattern(`${name}.*`));
  }

  @SseStream('same/:topic')
  same(@Param('topic') topic: string) {
    return this.bus.stream(topic);
  }

  @SseStream('relay')
  relay(@Query('id') id: string) {
    return concat(of({ data: 'relayed', id }), NEVER);
  }

  @SseStream('short', { lifetime: { maxMs: 100, jitterRatio: 0 } })
  short() {
    return this.bus.stream('topic.short');
  }
}

const AppModule = appOf([EndingController]);

describe.each(ALL_PLATFORMS)('the end of a stream on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
    bus = application.app.get(EventBusService);
  });

  afterAll(() => application.close());

  it('W5 is told, and a client that comes back to it is told to stay away', async () => {
    const client = await application.open('/list/a');
    await client.untilClosed();
    const end = client.blocks.at(-1)!;
    expect(end).toMatchObject({ type: 'stream-end', data: '{}' });
    expect(client.isComplete).toBe(true);

    for (const again of [
      await application.open('/list/a', { lastEventId: end.id }),
      await application.open(`/list/a?last_event_id=${end.id}`),
    ]) {
      await again.untilClosed();
      expect(again.status).toBe(204);
      expect(again.raw).toBe('');
      expect(again.headers).not.toHaveProperty('content-type');
    }
  });

  it('W5 holds for its own URL path only', async () => {
    const client = await application.open('/list/a');
    const { id } = await client.untilType('stream-end');
    const other = await application.open('/list/b', { lastEventId: id });
    expect(other.status).toBe(200);
    await other.untilType('stream-end');
    expect(other.events.map(({ data }) => data)).toEqual(['b']);

    const topic = await application.open('/topic/x', { lastEventId: id });
    expect((await topic.untilType('stream-reset')).data).toBe(
      '{"reason":"malformed"}',
    );
  });

  it('W5 holds for its own query and method only, whatever cursor the query has', async () => {
    const client = await application.open('/list/q?room=1');
    const { id } = await client.untilType('stream-end');
    const other = await application.open('/list/q?room=2', { lastEventId: id });
    expect(other.status).toBe(200);
    const again = await application.open(
      `/list/q?lastEventId=${id}&room=1&ticket=x`,
    );
    expect(again.status).toBe(204);
  });

  it('W5 holds for the topics that ended, and for their log', async () => {
    const client = await application.open('/topic/bound');
    await client.untilType('stream-live');
    await bus.end('topic.bound');
    const { id } = await client.untilType('stream-end');
    const again = await application.open('/same/topic.bound', {
      lastEventId: id,
    });
    expect(again.status).toBe(204);
    const reasonAt = async ({ open }: TestApplication, path: string) => {
      const other = await open(path, { lastEventId: id });
      return (await other.untilType('stream-reset')).data;
    };
    const malformed = '{"reason":"malformed"}';
    expect(await reasonAt(application, '/topic/unbound')).toBe(malformed);
    expect(await reasonAt(application, '/two/bound')).toBe(malformed);

    const restarted = await startApplication(platform, AppModule);
    expect(await reasonAt(restarted, '/topic/bound')).toBe(
      '{"reason":"epoch"}',
    );
  });

  it('W5 never goes out as the id of an event: an application that passes ids on ends nobody', async () => {
    const client = await application.open('/list/passed');
    const { id } = await client.untilType('stream-end');
    const victim = await application.open(`/relay?id=${id}`);
    await victim.untilEvents(1);
    expect(victim.events[0]).toMatchObject({ id: undefined, data: 'relayed' });
    victim.close();
  });

  it('W5 survives a restart of the application', async () => {
    const first = await startApplication(platform, AppModule);
    const client = await first.open('/list/a');
    const { id } = await client.untilType('stream-end');
    await first.close();
    const second = await startApplication(platform, AppModule);
    const again = await second.open('/list/a', { lastEventId: id });
    expect(again.status).toBe(204);
  });

  it('W5 comes with the end of the topic, after what is before it', async () => {
    const client = await application.open('/topic/a');
    await client.untilType('stream-live');
    await bus.publish('topic.a', 'last');
    await bus.end('topic.a');
    await client.untilClosed();
    expect(client.types).toEqual([
      'stream-open',
      'stream-live',
      'message',
      'stream-end',
    ]);
    const again = await application.open('/topic/a', {
      lastEventId: client.lastId,
    });
    expect(again.status).toBe(204);
  });

  it('W5 comes at a resume to a client that missed the end of its topic', async () => {
    const client = await application.open('/topic/missed');
    const { id } = await client.untilType('stream-live');
    client.close();
    await bus.publish('topic.missed', 'last');
    await bus.end('topic.missed');
    const again = await application.open('/topic/missed', { lastEventId: id });
    await again.untilType('stream-end');
    expect(again.events.map(({ data }) => data)).toEqual(['last']);
  });

  it('W5 comes with the last of several topics', async () => {
    const client = await application.open('/two/b');
    await client.untilType('stream-live');
    await bus.end('topic.b-1');
    await bus.publish('topic.b-2', 'still here');
    await client.untilEvents(1);
    expect(client.types).not.toContain('stream-end');
    await bus.end('topic.b-2');
    await client.untilType('stream-end');
  });

  it('W5 comes with the last of several topics to a client that left after the end of one', async () => {
    const client = await application.open('/two/c');
    await client.untilType('stream-live');
    await bus.end('topic.c-1');
    await bus.publish('topic.c-2', 'after the end of the other');
    await client.untilEvents(1);
    client.close();
    const again = await application.open('/two/c', {
      lastEventId: client.lastId,
    });
    await again.untilType('stream-live');
    await bus.publish('topic.c-2', 'last');
    await bus.end('topic.c-2');
    await again.untilType('stream-end');
    expect(again.events.map(({ data }) => data)).toEqual(['last']);
  });

  it('W5 does not come before the end of a topic that went on after an end', async () => {
    const client = await application.open('/two/d');
    await client.untilType('stream-live');
    await bus.end('topic.d-1');
    const { id: lastEventId } = await bus.publish('topic.d-1', 'goes on');
    client.close();
    const again = await application.open('/two/d', { lastEventId });
    await again.untilType('stream-live');
    await bus.end('topic.d-2');
    await bus.publish('topic.d-1', 'and on');
    await again.untilEvents(1);
    expect(again.types).toEqual(['stream-open', 'stream-live', 'message']);
    await bus.end('topic.d-1');
    await again.untilType('stream-end');
  });

  it('W5 does not come at once to a client that comes back behind the end of all', async () => {
    const client = await application.open('/two/e');
    await client.untilType('stream-live');
    await bus.end('topic.e-1');
    await bus.end('topic.e-2');
    const { id: lastEventId } = await bus.publish('topic.other', 'later');
    const again = await application.open('/two/e', { lastEventId });
    await bus.publish('topic.e-1', 'goes on');
    await again.untilEvents(1);
    expect(again.types).toEqual(['stream-open', 'stream-live', 'message']);
    again.close();
  });

  it('W5 never comes to a pattern', async () => {
    const client = await application.open('/pattern/room');
    await client.untilType('stream-live');
    await bus.end('room.a');
    await bus.publish('room.b', 'marker');
    await client.untilEvents(1);
    expect(client.types).toEqual(['stream-open', 'stream-live', 'message']);
  });

  it('W5 is none that comes of a lifetime: the client resumes', async () => {
    const client = await application.open('/short');
    await client.untilClosed();
    expect(client.types).not.toContain('stream-end');
    const again = await application.open('/short', {
      lastEventId: client.lastId,
    });
    expect(again.status).toBe(200);
    await again.untilType('stream-live');
  });

  it('W5 is none that comes of a drain: the client resumes elsewhere', async () => {
    const draining = await startApplication(platform, AppModule);
    const client = await draining.open('/topic/drained');
    await client.untilType('stream-live');
    await draining.app.close();
    await client.untilClosed();
    expect(client.types).not.toContain('stream-end');
    expect(client.isComplete).toBe(true);
  });
});
