// start.mjs [api|worker|cli|tour] [arguments]: builds what is missing, then runs the app in this very process, so that
// signals, exit code and output are the app's own.
import { buildIfStale } from './build.mjs';

// npm starts a script through a shell, which does not pass SIGTERM on: when that shell is gone, we were meant.
if (process.env.npm_lifecycle_event !== undefined) {
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 200).unref();
}

const named = ['api', 'worker', 'cli', 'tour'].includes(process.argv[2]);
const [app] = named ? process.argv.splice(2, 1) : ['api'];

try {
  buildIfStale();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
await import(`../dist/apps/${app}/src/main.js`);
