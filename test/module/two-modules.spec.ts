import { ConsoleLogger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SseModule } from 'nestjs-event-stream';
import { atEnd } from '../support/at-end.js';

@Module({ imports: [SseModule.forRoot()] })
class FeatureModule {}

@Module({ imports: [SseModule.forRoot(), FeatureModule] })
class TwiceModule {}

class Warnings extends ConsoleLogger {
  readonly texts: string[] = [];

  override warn(message: unknown): void {
    this.texts.push(String(message));
  }

  override log(): void {}
}

it.each([
  [FeatureModule, []],
  [TwiceModule, [expect.stringMatching(/2 times.*separate buses.*once/)]],
])('%p says at boot whether there are two buses', async (module, expected) => {
  const logger = new Warnings();
  const app = await NestFactory.create(module, { logger });
  atEnd('the application', () => app.close());
  await app.init();

  expect(logger.texts).toEqual(expected);
});
