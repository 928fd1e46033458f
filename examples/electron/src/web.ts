import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

// The same page in a browser: there the streams need a port.
const nest = await NestFactory.create(AppModule);
nest.enableCors();
nest.enableShutdownHooks();
await nest.listen(3000, '127.0.0.1');
console.log('Now open public/index.html in a browser.');
