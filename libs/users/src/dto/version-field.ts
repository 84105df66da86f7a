import { IntegerField } from '#kernel';

/** What no row reaches, and every database can compare. */
const MAX_VERSION = 2_147_483_647;

/** The version of a row that a change is based on. */
export const VersionField = (description: string) =>
  IntegerField({ minimum: 1, maximum: MAX_VERSION, optional: true, description, example: 1 });
