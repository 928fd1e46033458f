import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import { app, BrowserWindow, protocol } from 'electron';
import { AppModule } from './app.module.js';
import { allowScheme, serveScheme } from './sse-protocol.js';

allowScheme(protocol);

app.on('window-all-closed', () => app.quit());

await app.whenReady();
const nest = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
// The page has an origin of its own.
nest.enableCors();
await nest.init();
serveScheme(protocol, nest);
app.on('before-quit', () => void nest.close());

// A window that is closed cancels its requests: its streams end, and so do their sources.
const window = new BrowserWindow({ width: 640, height: 400 });
await window.loadFile(
  fileURLToPath(new URL('../public/index.html', import.meta.url)),
);
