import { SseTicketService } from 'nestjs-event-stream';
import { authApp } from '../support/auth-app.js';
import {
  startApplication,
  TLS_PLATFORMS,
  type TestApplication,
} from '../support/platforms.js';

const PATH = '/users/ann/events';
const ann = { id: 'ann', topics: ['users.ann'] };

describe.each(TLS_PLATFORMS)(
  'tickets on $platform by $tls over TLS',
  ({ platform, tls }) => {
    let application: TestApplication;

    beforeAll(async () => {
      application = await startApplication(platform, authApp(), { tls });
    });

    afterAll(() => application.close());

    it('A2 set a cookie that is never sent without TLS, and that brings the client back', async () => {
      const tickets = application.app.get(SseTicketService);
      const { ticket } = await tickets.issue(ann, { path: PATH });
      const first = await application.open(`${PATH}?ticket=${ticket}`);
      await first.untilType('stream-live');
      const cookies = [first.headers['set-cookie']].flat().join();
      expect(cookies).toMatch(/^sse-ticket-[^;]+;.*; HttpOnly;.*; Secure$/);

      first.close();
      const again = await application.open(`${PATH}?ticket=${ticket}`, {
        headers: { cookie: cookies.split(';', 1)[0]! },
      });
      await again.untilType('stream-live');
      expect(again.status).toBe(200);
    });
  },
);
