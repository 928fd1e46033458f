import 'reflect-metadata';
import { createApp } from './create-app.js';
import { streamToUsers } from './stream-to-users.js';
import { UsersModule } from './users.module.js';

void createApp(UsersModule)
  .then(streamToUsers)
  .then((received) => console.log(JSON.stringify(received)));
