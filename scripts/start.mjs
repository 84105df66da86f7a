// start.mjs [api|worker|cli|tour] [arguments]: builds what is missing, then runs the app in this very process, so that
// signals, exit code and output are the app's own.
import { buildIfStale } from './build.mjs';

const named = ['api', 'worker', 'cli', 'tour'].includes(process.argv[2]);
const [app] = named ? process.argv.splice(2, 1) : ['api'];

try {
  buildIfStale();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
await import(`../dist/apps/${app}/src/main.js`);
