import type { EventBusService } from '../bus/event-bus.service.js';
import { ConnectionRegistry } from './connection-registry.js';
import { WriteLoop } from './output/write-loop.js';
import { PresenceReporter } from './presence-reporter.js';
import { SseConnections } from './sse-connections.service.js';

function connectionsWith(bus: object): SseConnections {
  const registry = new ConnectionRegistry();
  return new SseConnections(
    registry,
    new WriteLoop(),
    bus as EventBusService,
    new PresenceReporter(registry, undefined),
  );
}

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
    const connections = connectionsWith(bus);
    await expect(
      connections.disconnect(match as never, options as never),
    ).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    expect(commands).toEqual([]);
  });

  it("N5 refuses { scope: 'cluster' } where the log knows no other nodes", async () => {
    const connections = connectionsWith({});
    const cluster = { scope: 'cluster' } as const;
    const refusal = { code: 'NOT_SUPPORTED' };
    await expect(connections.list({}, cluster)).rejects.toMatchObject(refusal);
    await expect(connections.count({}, cluster)).rejects.toMatchObject(refusal);
    await expect(connections.count({}, { scope: 'node' })).resolves.toBe(0);
  });

  it('N5 refuses a scope that is none', async () => {
    await expect(
      connectionsWith({}).count({}, { scope: 'all' as never }),
    ).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });
});
