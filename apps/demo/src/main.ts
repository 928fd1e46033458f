import 'reflect-metadata';
import { readConfig } from './config/demo-config.js';
import { createApp } from './create-app.js';

try {
  const config = readConfig(process.env);
  const app = await createApp(config.platform);
  await app.listen(config.port, config.host);
  console.log(
    `nestjs-event-stream demo on ${await app.getUrl()} (${config.platform})`,
  );
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}

function explain(error: unknown): string {
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    return `${(error as Error).message}. Set PORT to another number, or to 0 for a free one.`;
  }
  return error instanceof Error
    ? (error.stack ?? error.message)
    : String(error);
}
