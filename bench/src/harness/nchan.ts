import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePayload } from './payload.js';
import { cpuMsOf } from './process-cpu.js';
import type { Server } from './server.js';

const MODULE = '/usr/lib/nginx/modules/ngx_nchan_module.so';

export const NCHAN_MISSING =
  'Nchan was left out: nginx with its module is not installed (Debian: apt-get install nginx libnginx-mod-nchan).';

export function hasNchan(): boolean {
  return existsSync(MODULE) && spawnSync('nginx', ['-v']).status === 0;
}

/** Nchan, the module for nginx written in C, with one worker; events are published over HTTP on a kept connection. */
export async function startNchan(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-nchan-'));
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, port));
  const child = spawn('nginx', ['-c', file, '-p', folder], { stdio: 'ignore' });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  await untilAnswering(port);
  const worker = workerOf(child.pid!);
  let acknowledged = 0;
  let onAcknowledged: (() => void) | undefined;
  const end = (signal: NodeJS.Signals): Promise<void> =>
    new Promise((resolve) => {
      agent.destroy();
      child.once('exit', () => {
        rmSync(folder, { recursive: true });
        resolve();
      });
      child.kill(signal);
    });
  return {
    name: 'Nchan (nginx, C)',
    port,
    path: '/sub',
    isGzip: false,
    readyWhen: 'HTTP/1.1 200',
    acknowledge: (turns) => {
      acknowledged = turns;
      onAcknowledged?.();
    },
    window: async ({ turns, perTurn, bytes, depth }) => {
      acknowledged = 0;
      const cpu = cpuMsOf(worker);
      const start = performance.now();
      for (let sent = 0; sent < turns; sent++) {
        while (sent - acknowledged >= depth)
          await new Promise<void>((resolve) => (onAcknowledged = resolve));
        const all: Promise<void>[] = [];
        for (let count = 0; count < perTurn; count++)
          all.push(post(port, agent, JSON.stringify(makePayload(bytes))));
        await Promise.all(all);
      }
      while (acknowledged < turns)
        await new Promise<void>((resolve) => (onAcknowledged = resolve));
      return {
        cpuMs: cpuMsOf(worker) - cpu,
        wallMs: performance.now() - start,
      };
    },
    memory: async () => ({
      heapUsed: NaN,
      external: NaN,
      rss: rssOf(worker),
    }),
    cpuMs: async () => cpuMsOf(worker),
    call: () => Promise.reject(new Error('Nchan has no commands')),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

function configuration(folder: string, port: number): string {
  return `
load_module ${MODULE};
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 20000; }
http {
  access_log off;
  nchan_shared_memory_size 128m;
  client_body_temp_path ${folder}/body;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    keepalive_requests 1000000000;
    location = /sub { nchan_subscriber eventsource; nchan_channel_id bench; nchan_subscriber_first_message newest; }
    location = /pub { nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 100; client_max_body_size 1m; client_body_buffer_size 64k; }
  }
}`;
}

function post(port: number, agent: http.Agent, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http
      .request(
        { port, host: '127.0.0.1', path: '/pub', method: 'POST', agent },
        (response) => response.resume().on('end', resolve),
      )
      .on('error', reject)
      .end(body);
  });
}

async function untilAnswering(port: number): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await post(port, new http.Agent(), '0');
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function workerOf(master: number): number {
  const children = readFileSync(
    `/proc/${master}/task/${master}/children`,
    'utf8',
  );
  return Number(children.trim().split(' ')[0]);
}

function rssOf(pid: number): number {
  const [, kilobytes = '0'] =
    /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
