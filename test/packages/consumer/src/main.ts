import 'reflect-metadata';
import { createApp } from './create-app.js';
import { streamOneEvent } from './stream-one-event.js';

void createApp().then(streamOneEvent).then(console.log);
