import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DeliveredEvent, Handles, newId, OutboxRelay } from '#kernel';
import {
  bindGlobally,
  type BootedModule,
  bootTestModule,
  describeOnEveryDialect,
  nullPorts,
} from '#kernel/testing';
import { RevealPolicy, VaultModule } from '#vault';
import { UnattributedChangeFound } from '../audit.events.js';
import { AuditModule } from '../audit.module.js';
import { AnyPurpose, outside, ThingsModule } from '../testing/things.js';
import { AdoptChanges } from './adopt-changes.js';

/** Such as another room has it, or somebody's own. */
@Injectable()
class Siren {
  readonly heard: object[] = [];

  @Handles(UnattributedChangeFound, { name: 'sirens.sound', unit: false })
  async sound({ payload }: DeliveredEvent<UnattributedChangeFound['payload']>): Promise<void> {
    this.heard.push(payload);
  }
}

describeOnEveryDialect('the alarm of an unattributed change', (dialect) => {
  let app: BootedModule;
  beforeAll(async () => {
    app = await bootTestModule({
      dialect,
      imports: [
        VaultModule,
        AuditModule,
        ThingsModule,
        bindGlobally(nullPorts.authenticator, { provide: RevealPolicy, useClass: AnyPurpose }),
      ],
      providers: [Siren],
    });
  });
  afterAll(() => app.close());

  it('reaches whoever subscribes, with what is needed to look into it', async () => {
    const rows = [newId('thg'), newId('thg')].map((id) => `('${id}', 1)`).join(', ');
    await outside(app.database, `INSERT INTO thing (id, amount_minor) VALUES ${rows}`);
    while (await app.get(AdoptChanges).adopt());
    await app.get(OutboxRelay).drain();
    expect(app.get(Siren).heard).toEqual([
      {
        entryId: expect.stringMatching(/^aud_/),
        table: 'thing',
        databaseUser: expect.stringMatching(dialect === 'sqlite' ? /^sqlite$/ : /^root@/),
        changes: 2,
      },
    ]);
  });
});
