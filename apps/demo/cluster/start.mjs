// `npm run start:cluster`: the demo on two nodes behind one address, over a local Redis or NATS server.
// `-- --engine nats` takes NATS where both are installed. PORT, HOST and PLATFORM are those of `npm start`;
// RESTART_AFTER_MS says how long a node that was killed stays away (6000).
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killAll } from './child-process.mjs';
import { findEngine, startEngine } from './engine.mjs';
import { DemoNode } from './node.mjs';
import { startProxy } from './proxy.mjs';

const NAMES = ['node-1', 'node-2'];

/** What has to be stopped, in the order in which it was started. */
const started = [];
let isStopping = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    // Who asks twice does not want to wait.
    if (isStopping) killAll();
    else void stop(0);
  });

// npm does not pass every signal on: when it has gone, nobody is left who would tell this process.
const { ppid: npm } = process;
if (process.env.npm_lifecycle_event !== undefined)
  setInterval(() => {
    if (process.ppid !== npm && !isStopping) void stop(0);
  }, 500).unref();

try {
  await start();
} catch (error) {
  if (!isStopping) {
    console.error(explain(error));
    await stop(1);
  }
}

async function start() {
  const { values } = parseArgs({ options: { engine: { type: 'string' } } });
  const found = findEngine(values.engine);
  const folder = await mkdtemp(join(tmpdir(), 'demo-cluster-'));
  keep({ stop: () => rm(folder, { recursive: true, force: true }) });
  const engine = await startEngine(found, folder, () => {
    if (isStopping) return;
    console.error(`${found.path} has ended, and so does the demo.`);
    void stop(1);
  });
  keep(engine);
  const { PORT = '3000', HOST = '127.0.0.1' } = process.env;
  const nodes = NAMES.map((name) => nodeNamed(name, engine.url, folder));
  const urls = () => nodes.map(({ url }) => url).filter(Boolean);
  const proxy = await startProxy({ port: Number(PORT), host: HOST, urls });
  keep(proxy);
  // Stopped before the proxy, so that clients get their farewell.
  for (const node of nodes) keep(node);
  await Promise.all(nodes.map((node) => node.start()));
  if (isStopping) return;
  console.log(
    `nestjs-event-stream demo on http://${HOST}:${proxy.port}/nodes (${NAMES.length} nodes, ${found.name}); Ctrl-C ends it all`,
  );
}

function nodeNamed(name, eventLog, folder) {
  const env = {
    ...process.env,
    HOST: '127.0.0.1',
    PORT: '0',
    EVENT_LOG: eventLog,
    SESSION_KEY: (process.env.SESSION_KEY ??= randomBytes(32).toString('hex')),
    SUPERVISED: 'yes',
    REQUEST_LOG: join(folder, `${name}.log`),
  };
  const restartAfterMs = Number(process.env.RESTART_AFTER_MS ?? 6_000);
  return new DemoNode(name, { env, restartAfterMs, say: console.log });
}

/** Notes what has to be stopped; what was started while everything is being stopped is stopped at once. */
function keep(part) {
  if (isStopping) void part.stop();
  else started.push(part);
}

async function stop(code) {
  isStopping = true;
  process.exitCode = code;
  const nodes = started.filter((part) => part instanceof DemoNode);
  await Promise.all(nodes.map((node) => node.stop()));
  for (const part of started.reverse()) await part.stop();
  process.exit();
}

function explain(error) {
  if (error.code === 'EADDRINUSE')
    return `${error.message}. Set PORT to another number, or to 0 for a free one.`;
  return error.message;
}
