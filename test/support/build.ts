import { buildIfStale } from '../../scripts/build.mjs';

/** The suites that start real processes run what is in dist: it must be what the sources say. */
export function setup(): void {
  buildIfStale();
}
