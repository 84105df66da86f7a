import { httpConfig, type HttpConfig, metricsConfig, type MetricsConfig, serveOperations } from '#kernel';
import { openApp } from '../../api/src/open-app.js';
import { run } from '../../api/src/run.js';

// The background work of all rooms, without listening for requests. Any number of workers may run.
run(async () => {
  const { app } = await openApp({ background: true });
  const { workerPort } = app.get<MetricsConfig>(metricsConfig.token, { strict: false });
  const { host } = app.get<HttpConfig>(httpConfig.token, { strict: false });
  if (workerPort !== undefined) await serveOperations(app, workerPort, host);
  // Waiting for the next turn does not keep a process alive by itself; SIGTERM and SIGINT end it.
  setInterval(() => undefined, 2 ** 30);
  process.stdout.write('Steward worker is running\n');
});
