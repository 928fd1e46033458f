import 'reflect-metadata';
import { DocumentBuilder } from '@nestjs/swagger';
import { createStreamDocument } from 'nestjs-event-stream/openapi';
import { createApp } from './create-app.js';

void createApp().then(async (app) => {
  const config = new DocumentBuilder().setOpenAPIVersion('3.2.0').build();
  const { paths } = await createStreamDocument(app, config);
  console.log(JSON.stringify(paths['/orders/{id}/events']));
  await app.close();
});
