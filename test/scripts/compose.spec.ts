import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { readConfig } from '../../apps/demo/src/config/demo-config.js';

interface Service {
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly image?: string;
  readonly environment?: Record<string, string>;
  readonly depends_on?: Record<string, unknown>;
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}

const compose = parse(readFileSync('compose.yaml', 'utf8'), {
  merge: true,
}) as {
  readonly services: Record<string, Service>;
  readonly volumes: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const nodes = services.filter(([, { build }]) => build !== undefined);
const dockerfile = readFileSync('apps/demo/Dockerfile', 'utf8');

// There is no Docker where this runs: what can be checked without it is that the files speak of the same things.
describe('compose.yaml', () => {
  it.each(services)('names only what exists in %s', (_name, service) => {
    expect([service.image, service.build].filter(Boolean)).toHaveLength(1);
    for (const other of Object.keys(service.depends_on ?? {})) {
      expect(Object.keys(compose.services)).toContain(other);
      // It is waited for until it is healthy, which it has to be able to say.
      expect(compose.services[other]!.healthcheck?.test[0]).toBe('CMD');
    }
    for (const [source] of (service.volumes ?? []).map((one) => one.split(':')))
      expect(
        source!.startsWith('.')
          ? existsSync(source!)
          : source! in compose.volumes,
      ).toBe(true);
  });

  it('gives its nodes what the demo reads, and one log and one key', () => {
    const configs = nodes.map(([, { environment }]) =>
      readConfig(environment!),
    );
    expect(configs).toHaveLength(2);
    for (const [index, config] of configs.entries()) {
      expect(config.nodeName).toBe(nodes[index]![0]);
      expect(config.isSupervised).toBe(true);
      expect(config.sessionKey).toBe(configs[0]!.sessionKey);
      expect(config.eventLog!.href).toBe(configs[0]!.eventLog!.href);
      expect(Object.keys(compose.services)).toContain(
        config.eventLog!.hostname,
      );
    }
  });

  it('has nginx pass requests to the nodes, at the port that they listen on', () => {
    const [, port] = /PORT=(\d+)/.exec(dockerfile)!;
    const upstream = readFileSync('apps/demo/nginx.conf', 'utf8').matchAll(
      /^\s*server ([\w-]+:\d+)/gm,
    );
    expect([...upstream].map(([, server]) => server)).toEqual(
      nodes.map(([name]) => `${name}:${port}`),
    );
  });

  it('builds an image of commands and paths that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [, script] of dockerfile.matchAll(/npm run ([\w:-]+)/g))
      expect(scripts).toHaveProperty([script!]);
    const [, main] = /^CMD \["node", "(.+)"\]$/m.exec(dockerfile)!;
    const source = main!.replace('/dist/', '/src/').replace(/\.js$/, '.ts');
    expect(existsSync(source)).toBe(true);
    for (const [, { build }] of nodes)
      expect(existsSync(build!.dockerfile)).toBe(true);
  });
});
