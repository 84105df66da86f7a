import { IntersectionType } from '@nestjs/swagger';
import { PageQuery } from '#kernel';
import { EntryFilterQuery } from './entry-filter.query.js';
import { RevealQueryOf } from './reveal.query.js';

/** Which entries to list, and what of them to open. */
export class ListEntriesQuery extends IntersectionType(
  PageQuery,
  EntryFilterQuery,
  RevealQueryOf('clientAddress'),
) {}

/** What of one entry to open. */
export class GetEntryQuery extends RevealQueryOf('clientAddress', 'changes') {}

/** A page of changed rows, and whether to open what is sealed in them. */
export class PageOfChangesQuery extends IntersectionType(PageQuery, RevealQueryOf('changes')) {}
