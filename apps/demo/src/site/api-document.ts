import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { createStreamDocument } from 'nestjs-event-stream/openapi';

/** Serves the OpenAPI document of all routes as `/api/docs-json`, and a page that shows it as `/api/docs`. */
export async function serveApiDocument(app: INestApplication): Promise<void> {
  const config = new DocumentBuilder()
    .setTitle('nestjs-event-stream demo')
    .setVersion('0.0.0')
    .setOpenAPIVersion('3.2.0')
    .build();
  SwaggerModule.setup('api/docs', app, await createStreamDocument(app, config));
}
