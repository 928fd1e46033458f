import {
  Body,
  Controller,
  Get,
  Param,
  RequestMethod,
  UseGuards,
  type INestApplication,
} from '@nestjs/common';
import {
  ApiOperation,
  ApiProperty,
  ApiResponse,
  DocumentBuilder,
  type OpenAPIObject,
  SwaggerModule,
} from '@nestjs/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import {
  IsIn,
  IsInt,
  IsISO8601,
  IsOptional,
  IsUUID,
  Length,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator';
import {
  SseAuthenticator,
  SseAuthGuard,
  SseEvent,
  sseEvents,
  SseStream,
} from 'nestjs-event-stream';
import { createStreamDocument } from 'nestjs-event-stream/openapi';
import { NEVER, of } from 'rxjs';
import { appOf } from '../support/app-of.js';
import { PLATFORMS, startApplication } from '../support/platforms.js';

class Address {
  @Length(2, 80) city!: string;
}

@SseEvent('order.shipped')
class OrderShipped {
  @IsUUID() orderId!: string;
  @IsISO8601() at!: string;
  @IsOptional() @IsInt() @Min(1) parcels?: number;
  @IsIn(['DHL', 'UPS']) carrier!: string;
  @Matches(/^[a-z]+$/, { each: true }) tags!: string[];
  @ValidateNested() to!: Address;
}

@SseEvent('order.lost')
class OrderLost {
  @ApiProperty({ description: 'As the carrier says it.' })
  @Length(1, 500)
  reason!: string;
}

const orderEvents = sseEvents({
  'order.shipped': OrderShipped,
  'order.lost': OrderLost,
});

class Question {
  @ApiProperty() text!: string;
}

@Controller('orders')
class OrdersController {
  @SseStream(':id/events', { events: orderEvents })
  @UseGuards(SseAuthGuard)
  @ApiOperation({ description: 'What happens to an order.' })
  @ApiResponse({ status: 503, description: 'Come back tomorrow.' })
  events(@Param('id') _id: string) {
    return of(new OrderLost());
  }

  @SseStream('answers', {
    method: RequestMethod.POST,
    frames: 'data-only',
    heartbeat: false,
  })
  answer(@Body() { text }: Question) {
    return of(text);
  }

  @SseStream('any')
  any() {
    return NEVER;
  }

  @Get('plain')
  plain() {
    return 'no stream';
  }
}

class Authenticator extends SseAuthenticator {
  authenticate() {
    return { id: 'ann' };
  }
}

const EVENTS = '/api/orders/{id}/events';

const versions = ['3.0.3', '3.1.0', '3.2.0'];

describe.each(PLATFORMS)('createStreamDocument() on %s', (platform) => {
  let app: INestApplication;
  let url: string;
  const documents = new Map<string, OpenAPIObject>();

  beforeAll(async () => {
    const module = appOf(
      [OrdersController],
      {
        auth: { authenticator: Authenticator },
        limits: { total: 10 },
      },
      [Authenticator],
    );
    const started = await startApplication(platform, module, {
      configure: async (one) => {
        one.setGlobalPrefix('api');
        for (const version of versions) {
          const config = new DocumentBuilder()
            .setTitle('Orders')
            .setOpenAPIVersion(version)
            .build();
          documents.set(version, await createStreamDocument(one, config));
        }
        SwaggerModule.setup('docs', one, documents.get('3.2.0')!, {
          swaggerUiEnabled: false,
        });
      },
    });
    ({ app, url } = started);
  });

  it.each(versions)('makes a valid document of OpenAPI %s', async (version) => {
    // Without what has no place in JSON, and of a type of its own.
    const document = JSON.parse(JSON.stringify(documents.get(version)));
    const { errors, valid } = await new Validator().validate(document);
    expect({ errors, valid }).toEqual({ errors: undefined, valid: true });
  });

  it('describes each event that the route declares, with the schema of its class', () => {
    const itemSchema = contentOf('3.2.0')['itemSchema'];
    expect(itemSchema).toMatchObject({
      type: 'object',
      required: ['data'],
      properties: {
        event: {
          enum: expect.arrayContaining([
            'order.shipped',
            'order.lost',
            'stream-reset',
          ]),
        },
        data: { type: 'string' },
        id: { type: 'string' },
      },
    });
    const names = ['order.shipped', 'order.lost'];
    expect(itemSchema).toHaveProperty('oneOf', [
      ...['OrderShipped', 'OrderLost'].map((name, index) => ({
        title: names[index],
        type: 'object',
        required: ['event', 'data'],
        properties: {
          event: { type: 'string', enum: [names[index]] },
          data: {
            type: 'string',
            contentMediaType: 'application/json',
            contentSchema: { $ref: `#/components/schemas/${name}` },
          },
        },
      })),
      { $ref: '#/components/schemas/StreamControlEvent' },
    ]);
  });

  it.each(['3.0.3', '3.1.0'])(
    'has the same schema as an extension in %s, where a response is text',
    (version) => {
      const content = contentOf(version);
      expect(content['schema']).toEqual({ type: 'string' });
      expect(content['x-oai-itemSchema']).toHaveProperty(
        'oneOf.0.title',
        'order.shipped',
      );
      expect(content).not.toHaveProperty('itemSchema');
    },
  );

  it('makes schemas of what class-validator checks', () => {
    const { schemas } = documents.get('3.2.0')!.components!;
    expect(schemas!['OrderShipped']).toEqual({
      type: 'object',
      required: ['orderId', 'at', 'carrier', 'tags', 'to'],
      properties: {
        orderId: { type: 'string', format: 'uuid' },
        at: { type: 'string', format: 'date-time' },
        parcels: { type: 'integer', minimum: 1 },
        carrier: { type: 'string', enum: ['DHL', 'UPS'] },
        tags: { type: 'array', items: { type: 'string', pattern: '^[a-z]+$' } },
        to: { $ref: '#/components/schemas/Address' },
      },
    });
    expect(schemas!['Address']).toMatchObject({
      properties: { city: { type: 'string', minLength: 2, maxLength: 80 } },
    });
  });

  it('leaves what the application describes itself', () => {
    const { schemas } = documents.get('3.2.0')!.components!;
    expect(schemas!['OrderLost']).toEqual({
      type: 'object',
      required: ['reason'],
      properties: {
        reason: { type: 'string', description: 'As the carrier says it.' },
      },
    });
    const { responses } = documents.get('3.2.0')!.paths[EVENTS]!.get!;
    expect(responses['503']).toMatchObject({
      description: 'Come back tomorrow.',
    });
  });

  it('names the refusals that a route can have', () => {
    const { paths } = documents.get('3.2.0')!;
    expect(Object.keys(paths[EVENTS]!.get!.responses)).toEqual([
      '200',
      '204',
      '401',
      '403',
      '429',
      '503',
    ]);
    expect(Object.keys(paths['/api/orders/any']!.get!.responses)).toEqual([
      '200',
      '204',
      '429',
      '503',
    ]);
  });

  it('has the cursor as a header and as a query parameter', () => {
    const { parameters } = documents.get('3.2.0')!.paths[EVENTS]!.get!;
    expect(parameters).toMatchObject([
      { name: 'id', in: 'path' },
      { name: 'Last-Event-ID', in: 'header', required: false },
      { name: 'lastEventId', in: 'query', required: false },
    ]);
  });

  it('says how to open a stream', () => {
    const { paths } = documents.get('3.2.0')!;
    const get = paths[EVENTS]!.get!.description!;
    expect(get).toMatch(/^What happens to an order\.\n\n/);
    expect(get).toContain(`curl -N '<server>${EVENTS}'`);
    expect(get).toContain(`new EventSource('${EVENTS}')`);
    expect(get).toContain("addEventListener('order.shipped', ");
    const post = paths['/api/orders/answers']!.post!.description!;
    expect(post).toContain(
      `curl -N -X POST -H 'content-type: application/json' -d '{}' '<server>/api/orders/answers'`,
    );
    expect(post).toContain(
      `new EventStream('/api/orders/answers', { method: 'POST', body: {} })`,
    );
  });

  it('changes no other route, and no other document', () => {
    const { paths } = documents.get('3.2.0')!;
    const plain = SwaggerModule.createDocument(
      app,
      new DocumentBuilder().build(),
    );
    const path = '/api/orders/plain';
    expect(paths[path]).toEqual(plain.paths[path]);
    expect(JSON.stringify([plain, ...documents.values()])).not.toContain(
      'x-nestjs-event-stream',
    );
  });

  it('is served', async () => {
    const response = await fetch(`${url}/docs-json`);
    expect(await response.json()).toMatchObject({ openapi: '3.2.0' });
  });

  // Not all that is in it has a place in the types of @nestjs/swagger.
  function contentOf(version: string): Readonly<Record<string, unknown>> {
    const response = documents.get(version)!.paths[EVENTS]!.get!.responses[200];
    const { content } = response as { content: Record<string, object> };
    return { ...content['text/event-stream'] };
  }
});
