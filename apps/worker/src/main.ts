import { openApp } from '../../api/src/open-app.js';
import { run } from '../../api/src/run.js';

// The background work of all rooms, without listening for requests. Any number of workers may run.
run(async () => {
  await openApp({ background: true });
  // Waiting for the next turn does not keep a process alive by itself; SIGTERM and SIGINT end it.
  setInterval(() => undefined, 2 ** 30);
  process.stdout.write('Steward worker is running\n');
});
