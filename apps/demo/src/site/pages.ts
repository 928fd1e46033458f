/** One page of the demo: `public/NAME.html`. */
export interface SitePage {
  readonly path: string;
  readonly title: string;
  /** A page without a card is linked neither on the first page nor in the header. */
  readonly card?: PageCard;
}

/** How the first page leads to it. */
export interface PageCard {
  readonly text: string;
  /** The parts of the library that it shows. */
  readonly shows: string;
}

/** All pages, in the order of the header's links and of the cards: the one place that a new page is added to. */
export const pages: readonly SitePage[] = [
  { path: '/', title: 'nestjs-event-stream' },
  {
    path: '/dashboard',
    title: 'Dashboard',
    card: {
      text: 'This machine and this process, sampled once a second and pushed to every page. A new page gets the last two minutes as a snapshot, then the deltas.',
      shows: 'snapshot · replay',
    },
  },
  {
    path: '/log-tail',
    title: 'Log tail',
    card: {
      text: 'The demo’s own request log, followed from the file. Reload the page or cut its connection: every line is there, once.',
      shows: 'cursor · resume',
    },
  },
  {
    path: '/clock',
    title: 'Clock',
    card: {
      text: 'One event a second from an Observable, a reconnection time of ten seconds set by the route, and a button that closes the stream for good.',
      shows: 'Observable · retry',
    },
  },
  {
    path: '/typewriter',
    title: 'Typewriter',
    card: {
      text: 'A text file, one character per event, from an async generator. At the end the stream ends; no browser comes back for more.',
      shows: 'async generator · stream-end',
    },
  },
  {
    path: '/assistant',
    title: 'Assistant',
    card: {
      text: 'An answer word by word that is produced once: reload in the middle, watch it in a second tab, stop it. A list of sentences stands in for a model.',
      shows: 'StreamRuns · POST',
    },
  },
  {
    path: '/tabs',
    title: 'Tabs',
    card: {
      text: 'Ten tabs on one connection. Close the tab that has it, and another goes on from the last number; none is missing, none comes twice.',
      shows: 'SharedEventStream · Web Locks',
    },
  },
  {
    path: '/nodes',
    title: 'Nodes',
    card: {
      text: 'Two processes behind one address. Kill the one that serves you: your streams go on from the other, and no event is missing.',
      shows: 'redisEventLog · natsEventLog',
    },
  },
  {
    path: '/publish',
    title: 'Publish',
    card: {
      text: 'A form and a curl line that push to every open page through another controller. Events are validated before they go anywhere.',
      shows: 'EventBusService · class-validator',
    },
  },
  {
    path: '/account',
    title: 'Account',
    card: {
      text: 'Sign in, and your unread count is live on every page. Sign out, and your streams end. The admin sees all streams and can end any of them.',
      shows: 'SseAuthGuard · disconnect',
    },
  },
  { path: '/admin', title: 'Connections' },
];
