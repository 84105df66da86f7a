import { IntersectionType } from '@nestjs/swagger';
import { PageQuery } from '#kernel';
import { EntryFilterQuery } from './entry-filter.query.js';
import { RevealQuery } from './reveal.query.js';

/** Which entries to list, and what of them to open. */
export class ListEntriesQuery extends IntersectionType(PageQuery, EntryFilterQuery, RevealQuery) {}
