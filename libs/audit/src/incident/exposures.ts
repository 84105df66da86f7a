import { Injectable } from '@nestjs/common';
import { MoreThanOrEqual, type Repository } from 'typeorm';
import { InjectRepository, type Page } from '#kernel';
import type { AuditEntry } from '../entities/audit-entry.entity.js';
import { AuditRetention } from '../entities/audit-retention.entity.js';
import { cursorAt, wordAt } from '../query/cursors.js';
import { EntryWalk } from '../query/entry-walk.js';
import { lowestId } from '../query/id-time.js';
import type { ResourceName } from '../query/resource-history.js';
import { TIMELY_MS } from '../query/terms.js';
import { ChangedSubjects } from './changed-subjects.js';
import { CredentialSessions } from './credential-sessions.js';
import { type Exposure, SubjectTally } from './subject-tally.js';

/** Whose doings are asked about, and between which instants: `from` inclusive, `to` exclusive. */
export interface Incident {
  readonly by:
    { readonly session: string } | { readonly actor: string } | { readonly credential: ResourceName };
  readonly from: Date;
  readonly to: Date;
}

const REVEAL = 'vault.reveal';

/** Whose data a session, an actor or a credential saw or changed (GDPR Article 33). */
@Injectable()
export class Exposures {
  /** How many people an export holds in memory; it reads the entries again for the next ones. */
  protected readonly perPass: number = 50_000;

  constructor(
    private readonly walk: EntryWalk,
    private readonly changed: ChangedSubjects,
    private readonly credentials: CredentialSessions,
    @InjectRepository(AuditRetention) private readonly retention: Repository<AuditRetention>,
  ) {}

  /** Whether no entry that would tell can have expired. */
  async isComplete({ by, from }: Incident): Promise<boolean> {
    // Which sessions a credential opened is told by entries of any age.
    const since = 'credential' in by ? '' : lowestId('aud', Math.max(0, from.getTime() - TIMELY_MS));
    return !(await this.retention.existsBy({ reachedId: MoreThanOrEqual(since) }));
  }

  /** The people concerned, in the order of their ids. */
  async page(
    incident: Incident,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<Page<Exposure>> {
    const found = await this.next(incident, wordAt(page.cursor), page.limit + 1);
    const items = found.slice(0, page.limit);
    const last = items.at(-1);
    return { items, nextCursor: found.length > page.limit && last ? cursorAt(last.subject) : null };
  }

  /** All people concerned, in the order of their ids. */
  async *all(incident: Incident): AsyncGenerator<readonly Exposure[], void, undefined> {
    for (let after: string | undefined; ;) {
      const found = await this.next(incident, after, this.perPass);
      if (found.length > 0) yield found;
      if (found.length < this.perPass) return;
      after = found.at(-1)?.subject;
    }
  }

  private async next(incident: Incident, after: string | undefined, atMost: number): Promise<Exposure[]> {
    const tally = new SubjectTally(after, atMost);
    for await (const entries of this.entriesOf(incident)) {
      tally.nextPage();
      // What was refused or failed has shown and changed nothing.
      await this.count(
        entries.filter(({ outcome }) => outcome === 'succeeded'),
        tally,
      );
    }
    return tally.exposures();
  }

  private async count(entries: readonly AuditEntry[], tally: SubjectTally): Promise<void> {
    for (const entry of entries) {
      if (entry.actorKind === 'user' && entry.actorId !== null) tally.addActor(entry.actorId, entry);
    }
    for await (const { entry, subject } of this.changed.of(entries)) tally.add(subject, 'changed', entry);
    for await (const { entry, subject } of this.walk.subjects(entries)) {
      tally.add(subject, entry.action === REVEAL ? 'seen' : 'named', entry);
    }
  }

  private async *entriesOf({
    by,
    ...span
  }: Incident): AsyncGenerator<readonly AuditEntry[], void, undefined> {
    if (!('credential' in by)) return yield* this.walk.pages({ ...by, ...span });
    const seen = new Set<string>();
    for await (const session of this.credentials.of(by.credential)) {
      if (seen.has(session)) continue;
      seen.add(session);
      yield* this.walk.pages({ session, ...span });
    }
  }
}
