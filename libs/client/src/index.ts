import { createClient } from './generated/client/index.js';
import { Steward } from './generated/index.js';

export * from './generated/index.js';

export interface StewardOptions {
  /** Where the API runs, such as `http://localhost:3000`. */
  readonly baseUrl: string;
  /** The access token of each request that needs one; asked for at every call. */
  readonly accessToken?: () => string | undefined;
}

/** A client of the whole API: one method for each operation of the OpenAPI document. */
export function createSteward({ baseUrl, accessToken }: StewardOptions): Steward {
  return new Steward({ client: createClient({ baseUrl, ...(accessToken ? { auth: accessToken } : {}) }) });
}
