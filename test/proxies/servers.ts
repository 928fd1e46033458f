// The servers of docs/proxies.md, as that page sets them up.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { documented } from './documented.js';

const certificate = fileURLToPath(
  new URL('../support/localhost.pem', import.meta.url),
);

/** Where a server listens, and where the application does. */
export interface Ports {
  readonly http: number;
  readonly https: number;
  readonly application: number;
}

export interface ProxyServer {
  readonly name: string;
  /** The variable that says where its program is, and the program's name where it is not set. */
  readonly variable: string;
  readonly program: string;
  readonly hasTls: boolean;
  /** Whether it tells the application that a client has left; else a write that fails does, some heartbeats later. */
  readonly tellsOfLeaving: boolean;
  /** How many streams it serves on one connection of HTTP/2. */
  readonly streamsOfOneConnection: number;
  /** Writes the configuration into a folder, and gives the arguments of the program that stays in the foreground. */
  configure(folder: string, ports: Ports): readonly string[];
}

const nginx: ProxyServer = {
  name: 'nginx',
  variable: 'NGINX_PATH',
  program: 'nginx',
  hasTls: true,
  tellsOfLeaving: true,
  streamsOfOneConnection: 100,
  configure: (folder, ports) => {
    const ofThisFolder = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((what) => `${what}_temp_path ${folder}/${what};`)
      .join(' ');
    const text = documented('nginx', {
      '127.0.0.1:3000': `127.0.0.1:${ports.application}`,
      'listen 80': `listen 127.0.0.1:${ports.http}`,
      'listen 443': `listen 127.0.0.1:${ports.https}`,
      '/etc/ssl/shop.pem': certificate,
      'http {': `http { access_log off; ${ofThisFolder}`,
    });
    const file = write(folder, 'nginx.conf', text);
    const process = `daemon off; pid ${folder}/nginx.pid; error_log stderr;`;
    return ['-e', 'stderr', '-p', folder, '-c', file, '-g', process];
  },
};

const haproxy: ProxyServer = {
  name: 'HAProxy',
  variable: 'HAPROXY_PATH',
  program: 'haproxy',
  hasTls: true,
  tellsOfLeaving: true,
  streamsOfOneConnection: 100,
  configure: (folder, ports) => {
    const text = documented('haproxy', {
      '127.0.0.1:3000': `127.0.0.1:${ports.application}`,
      'bind :80': `bind 127.0.0.1:${ports.http}`,
      'bind :443': `bind 127.0.0.1:${ports.https}`,
      '/etc/ssl/shop.pem': certificate,
    });
    return ['-db', '-f', write(folder, 'haproxy.cfg', text)];
  },
};

const apache: ProxyServer = {
  name: 'Apache',
  variable: 'APACHE_PATH',
  program: 'apache2',
  hasTls: true,
  tellsOfLeaving: false,
  streamsOfOneConnection: 6,
  configure: (folder, ports) => {
    const modules =
      'mpm_event authz_core filter deflate headers proxy proxy_http ssl http2'
        .split(' ')
        .map((name) => `LoadModule ${name}_module mod_${name}.so`);
    const before = [
      'ServerRoot /usr/lib/apache2/modules',
      `DefaultRuntimeDir ${folder}`,
      `PidFile ${folder}/apache.pid`,
      `ErrorLog ${folder}/error.log`,
      'ServerName localhost',
      'User www-data',
      'Group www-data',
      `Listen 127.0.0.1:${ports.http}`,
      `Listen 127.0.0.1:${ports.https}`,
      ...modules,
    ];
    const text = documented('apache', {
      '127.0.0.1:3000': `127.0.0.1:${ports.application}`,
      '*:80': `*:${ports.http}`,
      '*:443': `*:${ports.https}`,
      '/etc/ssl/shop.pem': certificate,
    });
    const file = write(folder, 'apache.conf', [...before, text].join('\n'));
    return ['-f', file, '-DFOREGROUND'];
  },
};

const caddy: ProxyServer = {
  name: 'Caddy',
  variable: 'CADDY_PATH',
  program: 'caddy',
  hasTls: true,
  tellsOfLeaving: true,
  streamsOfOneConnection: 100,
  configure: (folder, ports) => {
    const site = (address: string, tls: string): string =>
      documented('caddyfile', {
        '127.0.0.1:3000': `127.0.0.1:${ports.application}`,
        'shop.example.com {': `${address} {\n${tls}`,
      });
    const text = [
      `{\nadmin off\nauto_https off\nstorage file_system ${folder}\n}`,
      site(`http://127.0.0.1:${ports.http}`, ''),
      site(
        `https://127.0.0.1:${ports.https}`,
        `tls ${certificate} ${certificate}`,
      ),
    ].join('\n');
    const file = write(folder, 'Caddyfile', text);
    return ['run', '--adapter', 'caddyfile', '--config', file];
  },
};

const varnish: ProxyServer = {
  name: 'Varnish',
  variable: 'VARNISHD_PATH',
  program: 'varnishd',
  hasTls: false,
  tellsOfLeaving: true,
  streamsOfOneConnection: 1,
  configure: (folder, ports) => {
    const text = documented('vcl', { '"3000"': `"${ports.application}"` });
    const file = write(folder, 'shop.vcl', text);
    const listening = ['-a', `127.0.0.1:${ports.http}`];
    return ['-F', '-n', join(folder, 'work'), '-f', file, ...listening];
  },
};

export const PROXY_SERVERS: readonly ProxyServer[] = [
  nginx,
  haproxy,
  apache,
  caddy,
  varnish,
];

function write(folder: string, name: string, text: string): string {
  // Servers give root's rights up before they read it.
  chmodSync(folder, 0o755);
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
