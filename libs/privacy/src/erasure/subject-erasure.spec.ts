import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Database, UnitOfWork, kernelErrors, newId } from '#kernel';
import {
  bindGlobally,
  type BootedModule,
  bootTestModule,
  describeOnEveryDialect,
  nullPorts,
} from '#kernel/testing';
import { RevealRecorder, Vault, VaultModule } from '#vault';
import { PrivacyModule } from '../privacy.module.js';
import { ErasureParticipant } from './erasure-participant.js';
import { SubjectErasure } from './subject-erasure.js';

@Injectable()
class FirstRoom extends ErasureParticipant {
  readonly name = 'first';
  readonly erased: string[] = [];
  isRefusing = false;

  constructor(private readonly units: UnitOfWork) {
    super();
  }

  async erase(subject: string): Promise<void> {
    if (!this.units.current) throw new Error('not inside a unit');
    if (this.isRefusing) throw kernelErrors.problem('kernel.conflict');
    this.erased.push(subject);
  }
}

@Injectable()
class SecondRoom extends ErasureParticipant {
  readonly name = 'second';
  readonly erased: string[] = [];

  async erase(subject: string): Promise<void> {
    this.erased.push(subject);
  }
}

@Module({ providers: [FirstRoom, SecondRoom] })
class Rooms {}

const ports = bindGlobally(nullPorts.recorder, nullPorts.authenticator, nullPorts.schemaGuard, {
  provide: RevealRecorder,
  useValue: { recordReveal: async () => {} },
});

describeOnEveryDialect('the erasure of a person', (dialect) => {
  let app: BootedModule;
  beforeAll(async () => {
    app = await bootTestModule({ dialect, imports: [ports, VaultModule, PrivacyModule, Rooms] });
  });
  afterAll(() => app.close());
  beforeEach(() => {
    app.get(FirstRoom).isRefusing = false;
  });

  const isErased = async (subject: string, retention?: string) => {
    await app.get(Vault).prepare([subject], retention);
    return app.get(Vault).isErased(subject, retention);
  };
  const announced = (subject: string) =>
    app
      .get(Database)
      .query(`SELECT id FROM outbox_message WHERE type = 'privacy.subject_erased' AND payload LIKE ?`, [
        `%${subject}%`,
      ]);

  it('destroys the account key, tells every room inside the unit, and announces it', async () => {
    const subject = newId('usr');
    await app.get(Vault).prepare([subject]);
    const { effectiveBy, retained } = await app.get(SubjectErasure).erase(subject);
    expect(effectiveBy.getTime()).toBeGreaterThan(Date.now());
    expect(retained).not.toContain('account');
    expect(await isErased(subject)).toBe(true);
    expect(await isErased(subject, 'security')).toBe(true);
    expect(await isErased(subject, 'accounting')).toBe(false);
    expect(app.get(FirstRoom).erased).toContain(subject);
    expect(app.get(SecondRoom).erased).toContain(subject);
    expect(await announced(subject)).toHaveLength(1);
  });

  it('gives the same answer when repeated, and is announced once', async () => {
    const subject = newId('usr');
    const first = await app.get(SubjectErasure).erase(subject);
    expect(await app.get(SubjectErasure).erase(subject)).toEqual(first);
    expect(await announced(subject)).toHaveLength(1);
  });

  it('does not happen when a room refuses', async () => {
    const subject = newId('usr');
    app.get(FirstRoom).isRefusing = true;
    await expect(app.get(SubjectErasure).erase(subject)).rejects.toThrow('kernel.conflict');
    expect(await isErased(subject)).toBe(false);
    expect(await announced(subject)).toEqual([]);
  });
});
