// vite's dev server with a proxy to the address given: a process of its own, as users run it. Prints its port.
import { createServer } from 'vite';

const server = await createServer({
  configFile: false,
  logLevel: 'silent',
  optimizeDeps: { noDiscovery: true },
  server: {
    host: '127.0.0.1',
    port: 0,
    hmr: false,
    ws: false,
    watch: null,
    proxy: { '/prices': { target: process.argv[2] } },
  },
});
await server.listen();
console.log(server.httpServer.address().port);
