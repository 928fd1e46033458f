import type { EventBusService } from '../bus/event-bus.service.js';
import { ConnectionRegistry } from './connection-registry.js';
import { WriteLoop } from './output/write-loop.js';
import { SseConnections } from './sse-connections.service.js';

describe('SseConnections', () => {
  it.each<[string, unknown, unknown]>([
    ['no match', null, {}],
    ['a match that is text', 'ann', {}],
    ['a match of nobody in particular', {}, {}],
    ['an unknown match', { user: 'ann' }, {}],
    ['options that are null', { principal: 'ann' }, null],
    ['a reason that is no text', { principal: 'ann' }, { reason: 1 }],
    ['a terminal that is no boolean', { principal: 'ann' }, { terminal: 1 }],
    ['an unknown option', { principal: 'ann' }, { final: true }],
  ])('A4 disconnects nobody for %s', async (_what, match, options) => {
    const commands: string[] = [];
    const bus = { command: async (type: string) => void commands.push(type) };
    const connections = new SseConnections(
      new ConnectionRegistry(),
      new WriteLoop(),
      bus as unknown as EventBusService,
    );
    await expect(
      connections.disconnect(match as never, options as never),
    ).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    expect(commands).toEqual([]);
  });
});
